// The theme toggle and the comment form. Pages read without it.
(function () {
  "use strict";
  const root = document.documentElement;
  const store = {
    get() { try { return localStorage.getItem("placard-theme"); } catch { return null; } },
    set(v) { try { localStorage.setItem("placard-theme", v); } catch { /* storage is off: the choice lasts for this page */ } },
  };

  const button = document.querySelector("button.theme");
  function show(theme) {
    const changed = root.dataset.theme !== theme;
    root.dataset.theme = theme;
    if (button) button.setAttribute("aria-pressed", String(theme === "dark"));
    // Who shows pictures made for one theme, such as the ad tag, swaps them on this.
    if (changed) document.dispatchEvent(new CustomEvent("placard:theme", { detail: { theme } }));
  }
  if (button) {
    button.hidden = false;
    show(root.dataset.theme || "light");
    button.addEventListener("click", () => {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      store.set(theme);
      show(theme);
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (e) => {
    if (!store.get()) show(e.matches ? "dark" : "light");
  });

  const form = document.querySelector("form.comment");
  if (!form) return;
  form.noValidate = true;
  const fields = [...form.querySelectorAll("input, textarea")];
  const left = form.querySelector("output.left");
  const digits = new Intl.NumberFormat(root.lang === "ur" ? "ur-PK-u-nu-arabext" : "en");
  const text = form.querySelector("textarea");
  const count = () => { left.value = digits.format(text.maxLength - text.value.length); };
  count();
  text.addEventListener("input", count);

  function check(field) {
    const ok = field.value.trim() !== "" && field.validity.valid && field.value.trim().length >= Math.max(0, field.minLength);
    document.getElementById(field.id + "-error").hidden = ok;
    if (ok) field.removeAttribute("aria-invalid"); else field.setAttribute("aria-invalid", "true");
    return ok;
  }
  for (const field of fields) {
    field.addEventListener("input", () => { if (field.hasAttribute("aria-invalid")) check(field); });
  }
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const bad = fields.filter((f) => !check(f));
    if (bad.length > 0) { bad[0].focus(); return; }
    form.reset();
    count();
    form.hidden = true;
    const held = document.getElementById("comment-held");
    held.classList.add("shown");
    held.focus();
  });
})();
