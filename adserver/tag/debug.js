// The debug overlay of the tag: what was chosen for each slot of this page, and why. The tag loads it for
// ?placard_debug=TOKEN; the reasons come from the server, which gives them to a valid ops token only.

const rows = new Map(); // element → panel

const style = `
:host{all:initial}
.panel{position:absolute;z-index:2147483646;box-sizing:border-box;max-width:420px;max-height:320px;overflow:auto;padding:8px 12px;background:#111e;color:#e8e6e1;
font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;border-left:3px solid #d9a441;direction:ltr;text-align:left}
b{color:#f3cf85;font-weight:600}ol{margin:4px 0 0;padding:0 0 0 20px}.no{color:#a7a39a}`;

const host = document.createElement("div");
const shadow = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(style);
shadow.adoptedStyleSheets = [sheet];
document.documentElement.append(host);

function line(parent, tag, text, className) {
  const el = document.createElement(tag);
  el.textContent = text;
  if (className) el.className = className;
  parent.append(el);
  return el;
}

function place(el, panel) {
  const r = el.getBoundingClientRect();
  panel.style.left = Math.max(0, r.left + scrollX) + "px";
  panel.style.top = r.top + scrollY + "px";
}

function show(el, name, detail) {
  let row = rows.get(el);
  if (!row || name === "requested") {
    if (row) row.panel.remove();
    const panel = document.createElement("div");
    panel.className = "panel";
    panel.tabIndex = 0;
    panel.setAttribute("role", "note");
    shadow.append(panel);
    row = { panel, steps: [] };
    rows.set(el, row);
  }
  const { panel, steps } = row;
  steps.push(name);
  if (detail.line_item || detail.reason) row.what = detail.line_item ? `${detail.advertiser}/${detail.line_item}/${detail.creative}` : "empty: " + detail.reason;
  if (detail.debug) row.debug = detail.debug;
  panel.replaceChildren();
  line(panel, "b", `${el.dataset.placardSlot} ${detail.id}`);
  line(panel, "div", row.what || "…");
  line(panel, "div", steps.join(" › "), "no");
  if (row.debug) {
    const d = row.debug;
    line(panel, "div", `page: ${d.section || "no section"}; ${d.topics || "no topic"}; ${d.sensitivity || "nothing sensitive"}`);
    const ol = document.createElement("ol");
    for (const l of d.lines) line(ol, "li", `${l.line_item}: ${l.served ? "served" : l.reason}${l.detail ? " (" + l.detail + ")" : ""}`, l.served ? "" : "no");
    panel.append(ol);
  } else {
    line(panel, "div", "no reasons: the token is not valid for this server, or it has expired", "no");
  }
  place(el, panel);
}

for (const name of ["requested", "filled", "empty", "rendered", "viewable", "clicked", "unmeasurable"]) {
  document.addEventListener("placard:" + name, (e) => show(e.target, name, e.detail));
}
addEventListener("resize", () => rows.forEach((r, el) => place(el, r.panel)));
