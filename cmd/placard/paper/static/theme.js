// Runs before the first paint: the reader's own choice, or else the system's.
(function () {
  var theme = null;
  try { theme = localStorage.getItem("placard-theme"); } catch (e) { /* storage is off */ }
  if (theme !== "light" && theme !== "dark") theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = theme;
})();
