// The debug overlay of the tag: what each slot of this page shows, and why nothing else. The tag loads it for ?placard_debug.
// The reasons are the ops API's (GET /api/v1/explain), which decides the page again and counts nothing. It answers to an ops token,
// which is asked for here and kept in this page's memory alone; without a valid one only the question for it is shown.

const api = new URL("/api/v1/explain", document.currentScript.src);
const rows = new Map(); // element → {id, panel, steps, what}
const pages = new Map(); // slot id → query of the page that it was asked for with
const answers = new Map(); // query → explanation
let token;

const host = document.createElement("div");
const shadow = host.attachShadow({ mode: "closed" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host{all:initial}
section,form{z-index:2147483646;box-sizing:border-box;padding:8px 12px;background:#111;color:#e8e6e1;font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;direction:ltr;text-align:left;border-left:3px solid #d9a441}
section{position:absolute;width:420px;max-width:calc(100vw - 16px);max-height:240px;overflow:auto;overflow-wrap:anywhere}
form{position:fixed;left:0;right:0;bottom:0;display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center}
section:focus-visible,input:focus-visible,button:focus-visible{outline:2px solid #f3cf85;outline-offset:-2px}
input,button{font:inherit;color:inherit;background:#262522;border:1px solid #8a867d;padding:2px 8px}
b{color:#f3cf85;font-weight:600}ol{margin:4px 0 0;padding:0 0 0 24px}.no{color:#b8b4aa}`);
shadow.adoptedStyleSheets = [sheet];

function line(parent, tag, text, className) {
  const el = document.createElement(tag);
  el.textContent = text;
  if (className) el.className = className;
  parent.append(el);
  return el;
}

const bar = document.createElement("form");
line(bar, "b", "Placard");
const message = line(bar, "span", "Paste an ops token to see why each slot shows what it does.");
message.setAttribute("role", "status");
const input = document.createElement("input");
Object.assign(input, { type: "password", autocomplete: "off", required: true });
input.setAttribute("aria-label", "Ops token");
const button = line(bar, "button", "Explain");
bar.insertBefore(input, button);
bar.addEventListener("submit", (e) => {
  e.preventDefault();
  token = input.value.trim();
  answers.clear();
  explain();
});
shadow.append(bar);
document.documentElement.append(host);

function refuse(why) {
  token = undefined;
  answers.clear();
  message.textContent = why;
  input.hidden = button.hidden = false;
  input.value = "";
  draw();
}

// explain asks about the pages that slots were asked for with, once for each.
async function explain() {
  if (!token) return;
  const sent = token;
  for (const query of new Set(pages.values())) {
    if (answers.has(query)) continue;
    answers.set(query, undefined);
    try {
      api.search = query;
      const res = await fetch(api, { headers: { Authorization: "Bearer " + sent }, credentials: "omit", cache: "no-store" });
      if (token !== sent) return;
      if (res.status === 401 || res.status === 403) return refuse("The ad server does not take this token: it needs one with the role ops that has not expired.");
      const answer = await res.json();
      if (token !== sent) return;
      if (!res.ok) return refuse("The ad server cannot explain this page: " + ((answer.error && answer.error.message) || res.status));
      answers.set(query, answer);
    } catch {
      if (token === sent) refuse("The ad server could not be reached, or does not know this page's site.");
      return;
    }
  }
  input.hidden = button.hidden = true;
  message.textContent = "What each slot shows, and the page decided again: in its placement's sizes, for a reader without a country or a history. Nothing is counted.";
  draw();
}

function draw() {
  for (const [el, row] of rows) {
    if (row.panel) row.panel.remove();
    row.panel = undefined;
    const answer = answers.get(pages.get(row.id));
    if (!el.isConnected) rows.delete(el);
    else if (token && answer) panel(el, row, answer);
  }
}

const facts = (list) => (list || []).map((f) => `${f.name} ${f.value}`).join("; ") || "nothing known";

function panel(el, row, answer) {
  const p = (row.panel = document.createElement("section"));
  p.tabIndex = 0;
  p.setAttribute("aria-label", `Placard: ${el.dataset.placardSlot}`);
  line(p, "b", `${el.dataset.placardSlot} ${row.id}`);
  line(p, "div", "shown: " + (row.what || "nothing yet"));
  line(p, "div", row.steps.join(" › "), "no");
  const slot = (answer.slots || []).find((s) => s.placement === el.dataset.placardSlot);
  if (slot) {
    line(p, "div", "decided again: " + (slot.served ? `${slot.served}/${slot.creative}` : "empty: " + slot.no_fill));
    const ol = document.createElement("ol");
    for (const l of slot.line_items) {
      line(ol, "li", `${l.advertiser}/${l.campaign}/${l.line_item}: ${l.served ? "served" : l.reason}${l.detail ? ` (${l.detail})` : ""}`, l.served ? "" : "no");
    }
    p.append(ol);
  } else line(p, "div", "not in the answer: the site has no such placement, or more of them than one answer holds");
  line(p, "div", "page: " + facts(answer.page), "no");
  line(p, "div", "reader: " + facts(answer.visitor), "no");
  shadow.append(p);
  place(el, p);
}

function place(el, p) {
  const r = el.getBoundingClientRect();
  p.style.left = Math.max(0, Math.min(r.left, innerWidth - p.offsetWidth)) + scrollX + "px";
  p.style.top = r.top + scrollY + "px";
}

for (const name of ["requested", "filled", "empty", "rendered", "viewable", "clicked", "unmeasurable"]) {
  document.addEventListener("placard:" + name, ({ target, detail }) => {
    let row = rows.get(target);
    if (row && name === "requested" && row.panel) row.panel.remove();
    if (!row || name === "requested") rows.set(target, (row = { id: detail.id, steps: [] }));
    row.steps.push(name);
    if (detail.line_item) row.what = [detail.advertiser, detail.campaign, detail.line_item, detail.creative].join("/");
    if (detail.reason) row.what = "empty: " + detail.reason;
    draw();
  });
}
// What the tag asks the server, once for each request.
document.addEventListener("placard:asked", ({ detail }) => {
  const query = new URLSearchParams({ site: detail.site, url: detail.page.url, theme: detail.theme, user_agent: navigator.userAgent }).toString();
  for (const s of detail.slots) pages.set(s.id, query);
  explain();
});
addEventListener("resize", () => rows.forEach((row, el) => row.panel && place(el, row.panel)));
