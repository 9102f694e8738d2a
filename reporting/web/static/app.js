// What scripts add to pages that work without them: the chart under the pointer, a page that says when it is loading or lost,
// live figures that can be paused, printing and copying.
(() => {
  "use strict";
  const charts = new Map();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function number(c, x) {
    return x == null ? "–" : new Intl.NumberFormat(c.lang, { minimumFractionDigits: c.digits, maximumFractionDigits: c.digits }).format(x) + (c.unit ? " " + c.unit : "");
  }

  function tip(c) {
    const box = document.createElement("div");
    box.className = "tip";
    box.hidden = true;
    return {
      hooks: {
        init: (u) => { u.over.appendChild(box); u.over.addEventListener("mouseleave", () => { box.hidden = true; }); },
        setCursor: (u) => {
          const i = u.cursor.idx;
          if (i == null || u.cursor.left < 0) { box.hidden = true; return; }
          box.replaceChildren();
          const head = document.createElement("span");
          head.textContent = c.labels[i];
          const now = document.createElement("b");
          now.textContent = " " + number(c, c.now[i]);
          box.append(head, document.createElement("br"), now);
          if (c.before && c.before[i] != null) {
            const was = document.createElement("span");
            was.className = "before";
            was.textContent = number(c, c.before[i]);
            box.append(was);
          }
          box.hidden = false;
          const left = u.cursor.left + 12 + box.offsetWidth > u.over.clientWidth ? u.cursor.left - 12 - box.offsetWidth : u.cursor.left + 12;
          box.style.left = Math.max(0, left) + "px"; // through the object model: the policy allows that
        },
      },
    };
  }

  function draw(figure) {
    const source = figure.querySelector('script[type="application/json"]');
    const place = figure.querySelector(".plot");
    if (!source || !place || !window.uPlot) return;
    const c = JSON.parse(source.textContent);
    const old = charts.get(figure);
    if (old) old.destroy();
    place.hidden = false;
    figure.querySelector(".still").hidden = true;
    const n = c.now.length;
    const font = "12px " + getComputedStyle(document.body).fontFamily;
    const bars = window.uPlot.paths.bars({ size: [0.78, 64], gap: 1 });
    const line = window.uPlot.paths.linear();
    const single = n === 1;
    const series = [{}, {
      stroke: colour("--thing"), width: c.sum ? 0 : 2, paths: c.sum || single ? bars : line, points: { show: !c.sum && n < 40, size: 5 },
      fill: c.sum || single ? colour("--thing") : undefined, spanGaps: false,
    }];
    const data = [[...Array(n).keys()], c.now];
    if (c.before) {
      series.push({ stroke: colour("--was"), width: 2, dash: [5, 4], points: { show: false }, paths: line });
      data.push(c.before);
    }
    const grid = { stroke: colour("--rule"), width: 1 };
    const format = new Intl.NumberFormat(c.lang, { maximumFractionDigits: 2, notation: place.clientWidth < 500 ? "compact" : "standard" });
    const chart = new window.uPlot({
      width: place.clientWidth, height: place.clientHeight, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: false, range: [-0.6, n - 0.4] }, y: { range: (_, lo, hi) => [0, hi > 0 ? hi * 1.05 : 4] } },
      axes: [
        { stroke: colour("--soft"), grid: { show: false }, ticks: { show: false }, font, size: 28, incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 28, 48, 84, 168],
          space: 64, values: (_, splits) => splits.map((i) => c.ticks[i] ?? "") },
        { stroke: colour("--soft"), grid, ticks: { show: false }, font, size: 64, values: (_, splits) => splits.map((x) => format.format(x)) },
      ],
      series, plugins: [tip(c)],
    }, data, place);
    charts.set(figure, chart);
  }

  function drawAll() {
    for (const [figure, chart] of charts) if (!figure.isConnected) { chart.destroy(); charts.delete(figure); }
    document.querySelectorAll("[data-chart]").forEach((f) => { if (!charts.has(f)) draw(f); });
  }
  const redraw = () => document.querySelectorAll("[data-chart]").forEach(draw);

  function shown() {
    drawAll();
    document.querySelectorAll("[data-print], [data-copy], [data-pause]").forEach((b) => { b.hidden = false; });
  }

  // loading and losing
  let path = location.pathname;
  const lost = (yes) => {
    const box = document.querySelector(".lost");
    if (!box) return;
    box.hidden = !yes;
    box.querySelector("a").href = location.href;
  };
  let lastLive = 0, paused = false;
  const isLive = (e) => e.detail.elt && e.detail.elt.id === "live";
  document.addEventListener("htmx:beforeRequest", (e) => {
    if (isLive(e) && (paused || document.hidden)) e.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (e) => {
    // An answer that is an error page is shown like any page; what never arrived is said above the page.
    if (!isLive(e) && e.detail.xhr.status >= 400) { e.detail.shouldSwap = true; e.detail.isError = false; }
  });
  document.addEventListener("htmx:afterSettle", (e) => {
    if (isLive(e)) { lastLive = Date.now(); live(); return; }
    lost(false);
    shown();
    if (location.pathname !== path) {
      path = location.pathname;
      window.scrollTo(0, 0);
      document.getElementById("main")?.focus({ preventScroll: true });
    }
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, (e) => { if (!isLive(e)) lost(true); });

  // live figures say when they stopped being live
  function live() {
    const out = document.querySelector(".live");
    if (!out || !document.getElementById("live")) return;
    const age = lastLive ? Math.round((Date.now() - lastLive) / 1000) : 0;
    const old = !paused && !document.hidden && age > 8;
    const text = old ? "Not live: nothing heard for " + age + " s" : paused ? "Paused" : "Live";
    if (out.textContent !== text) out.textContent = text;
    out.classList.toggle("old", old);
  }
  setInterval(live, 1000);

  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-print], [data-copy], [data-pause]");
    if (!b) return;
    if (b.hasAttribute("data-print")) window.print();
    if (b.hasAttribute("data-copy")) navigator.clipboard?.writeText(location.href).then(() => { b.textContent = b.dataset.done; });
    if (b.hasAttribute("data-pause")) {
      paused = !paused;
      const was = b.textContent;
      b.textContent = b.dataset.resume;
      b.dataset.resume = was;
      lastLive = Date.now();
      live();
    }
  });
  // Checkboxes send a parameter each; one list reads better in an address that is shared.
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!form.classList.contains("cutform")) return;
    for (const name of ["by", "metrics"]) {
      const on = [...form.querySelectorAll(`input[type=checkbox][name=${name}]:checked`)];
      if (!on.length) continue;
      const one = document.createElement("input");
      one.type = "hidden";
      one.name = name;
      one.value = on.map((x) => x.value).join(",");
      on.forEach((x) => { x.disabled = true; });
      form.append(one);
    }
  }, true);
  let wait;
  window.addEventListener("resize", () => {
    clearTimeout(wait);
    wait = setTimeout(() => { for (const [figure, chart] of charts) { const p = figure.querySelector(".plot"); chart.setSize({ width: p.clientWidth, height: p.clientHeight }); } }, 120);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.addEventListener("DOMContentLoaded", () => { lastLive = Date.now(); shown(); live(); document.fonts?.ready.then(redraw); });
})();
