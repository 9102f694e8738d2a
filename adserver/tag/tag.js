// Placard's tag. It asks once for all ad slots of a page, shows what comes back, and reports what readers saw.
// It adds one global, `placard`, and never throws into the page.
//
//   <script async src="https://ads.example/tag.js" data-placard-site="daily"></script>
//   <div data-placard-slot="article-end" data-placard-sizes="0:320x100 600:728x90,300x250 1024:970x250"></div>
//
// As a module: import placard from "https://ads.example/tag.mjs"; placard.start({site: "daily"}).
// README.md beside this file lists the attributes; tag.d.ts has the types.

const script = document.currentScript || document.querySelector("script[data-placard-site]");
const root = document.documentElement;
const settings = {}; // of the page: the script's data-placard-* attributes, or what start() was given
let base; // the ad server

// Half of the pixels for one second; 30 % for creatives of 242,500 px² or more (MRC, Viewable Ad Impression
// Measurement Guidelines 2.0, sections 1.1 and 1.2).
const VIEW_MS = 1000;
const LARGE_PX = 242500;
// Refreshing faster than this is what buyers refuse to pay for.
const MIN_REFRESH_S = 30;
// How long slots that are already there wait for the rest of a slowly arriving page, so that one request serves all.
const PATIENCE_MS = 200;
const LABEL_PX = 24;

const slots = new Map(); // element → state: {id, ad, box, off: what to undo, fallback, viewed: ms in view}
let serial = 0;
let token; // of the page: what it already shows
let path; // where the page is, to notice an app's navigation
let began;

const report = (err) => window.console && console.warn("placard:", err);
const safely =
  (fn) =>
  (...args) => {
    try {
      return fn(...args);
    } catch (err) {
      report(err);
    }
  };
const later = (fn, ms) => setTimeout(safely(fn), ms);
// listen returns how to stop listening.
const listen = (on, name, fn, options) => {
  fn = safely(fn);
  on.addEventListener(name, fn, options);
  return () => on.removeEventListener(name, fn, options);
};
const watch = (el, options, fn) => {
  const o = new IntersectionObserver(safely((entries) => fn(entries[entries.length - 1])), options);
  o.observe(el);
  return () => o.disconnect();
};
const emit = (el, name, detail) => el.dispatchEvent(new CustomEvent("placard:" + name, { bubbles: true, detail }));
const create = (tag, className) => Object.assign(document.createElement(tag), { className });
const theme = () => root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
// Media queries are answered without a layout, which innerWidth would force.
const wide = (px) => matchMedia(`(min-width: ${px}px)`).matches;
const phone = () => !wide(600);
// Where the page demands Trusted Types, its policy must allow the name "placard".
const trusted = window.trustedTypes ? trustedTypes.createPolicy("placard", { createHTML: (s) => s }) : { createHTML: (s) => s };

// An attribute of the slot, or the page's default for it. name is as in dataset: placardRefresh.
const option = (el, name) => (name in el.dataset ? el.dataset[name] : settings[name]);

// --- what the page is about

const meta = (name) => (document.querySelector(`meta[property="${name}"],meta[name="${name}"]`) || {}).content || "";

// The first JSON-LD node that describes an article.
function article(from) {
  for (const el of from.querySelectorAll('script[type="application/ld+json"]')) {
    let data;
    try {
      data = JSON.parse(el.textContent);
    } catch {
      continue;
    }
    const found = [].concat(data, (data && data["@graph"]) || []).find((n) => n && /Article|BlogPosting/.test([].concat(n["@type"]).join()));
    if (found) return found;
  }
  return {};
}

const list = (v) => (Array.isArray(v) ? v : String(v || "").split(",")).map((s) => String(s).trim()).filter(Boolean);
const cut = (v, n) => String(v || "").slice(0, n) || undefined;
const body = (from) => from.querySelector("[itemprop=articleBody],article,main");

function firstText(from, limit) {
  let text = "";
  for (const p of from ? from.querySelectorAll("p,h2,h3,li,blockquote") : []) {
    if (p.closest("[data-placard-slot],aside,nav,form,footer")) continue;
    text += p.textContent.trim() + "\n";
    if (text.length > limit) break;
  }
  return text.slice(0, limit);
}

// scope is the document, or the [data-placard-page] part of it that is a page of its own under endless scrolling.
function page(scope) {
  const whole = scope === document;
  const about = whole ? meta : () => "";
  const ld = article(scope);
  const own = whole ? {} : scope.dataset;
  const canonical = document.querySelector("link[rel=canonical]");
  const heading = scope.querySelector("h1,h2");
  const flag = (name, key) => /^(true|1|yes)$/i.test(about("placard:" + name)) || key in own || undefined;
  const keywords = list(ld.keywords || about("keywords") || about("news_keywords")).slice(0, 32);
  // An app that moved on has the canonical link of where it came from until it mends it.
  const url = whole ? (canonical && !moved ? canonical.href : location.href.split("#")[0]) : new URL(own.placardPage, location.href).href;
  return {
    url,
    title: cut(ld.headline || about("og:title") || (whole ? document.title : heading && heading.textContent.trim()), 300),
    description: cut(ld.description || about("og:description") || about("description"), 500),
    section: cut([].concat(ld.articleSection)[0] || about("article:section") || own.placardSection, 60),
    keywords: keywords.length ? keywords : undefined,
    language: ld.inLanguage || scope.lang || root.lang || undefined,
    published: ld.datePublished || about("article:published_time") || undefined,
    kind: ld["@type"] || about("og:type") === "article" || !whole ? "article" : "front",
    text: firstText(whole ? body(document) : scope, 8000) || undefined,
    sensitive: flag("sensitive", "placardSensitive"),
    no_ads: flag("no-ads", "placardNoAds"),
  };
}
let moved = false;

// An id of the site's own, kept in its storage, and only where the publisher asks for one: the publisher knows
// what the reader consented to.
function visitorID() {
  if (settings.placardVisitor !== "local") return settings.placardVisitorId;
  try {
    let id = localStorage.getItem("placard.visitor");
    if (!id) localStorage.setItem("placard.visitor", (id = crypto.randomUUID()));
    return id;
  } catch {
    return undefined; // storage is blocked: then there is no id
  }
}

// The reader's choice, where the page says that it has a consent dialogue of the IAB's framework (TCF 2.2). It is waited for
// no longer than for an ad.
let choice;
const consent = () =>
  (choice =
    choice ||
    new Promise((resolve) => {
      if (settings.placardConsent !== "tcf") return resolve({});
      const give = (data) => resolve(data || { none: true });
      later(give, timeout());
      if (!window.__tcfapi) return give();
      window.__tcfapi("addEventListener", 2, (data, ok) => {
        if (ok && /tcloaded|useractioncomplete/.test(data.eventStatus)) give(data);
      });
    }));
// Purpose 1 is storing and reading information on the device, which ad networks do.
const allowsNetworks = (c) => settings.placardConsent !== "tcf" || (!c.none && (c.gdprApplies === false || !!(c.purpose && c.purpose.consents && c.purpose.consents[1])));

// --- asking

const timeout = () => Number(settings.placardTimeout) || 3000;
const parseSizes = (text) => list(text).map((s) => s.split("x").map(Number)).filter((s) => s[0] > 0 && s[1] > 0);

// "0:320x100 600:728x90,300x250" maps viewports from a width on to sizes; without a colon the sizes are for all.
function sizes(el) {
  let text = (phone() && el.dataset.placardSizesPhone) || el.dataset.placardSizes || "";
  if (text.includes(":")) {
    let from = -1;
    for (const part of text.split(/\s+/)) {
      const [min, those] = part.split(":");
      if (wide(+min) && +min > from) [from, text] = [+min, those];
    }
    if (from < 0) text = "";
  }
  const all = parseSizes(text);
  // What is wider than its column would be cut off or push the page sideways.
  const fits = all.filter((s) => s[0] <= (el.clientWidth || innerWidth));
  return fits.length ? fits : all.slice(-1);
}

// Space is kept for the tallest ad that may come, before anything is asked, where the page's style sheet has not done so.
function reserve(el) {
  const tall = Math.max(0, ...sizes(el).map((s) => s[1]));
  if (tall && el.offsetHeight < tall) el.style.minHeight = tall + LABEL_PX + "px";
}

// "200" or "300,100": how far outside the viewport, in percent of its height, a slot is asked for and shown.
function margins(el) {
  const lazy = option(el, "placardLazy");
  if (lazy === undefined) return;
  const factor = (phone() && Number(option(el, "placardLazyPhone"))) || 1;
  const [fetch = 200, show = fetch] = list(lazy).map(Number);
  return [Math.max(fetch, show) * factor, show * factor];
}
const near = (el, percent, fn) => {
  const stop = watch(el, { rootMargin: `${percent}% 0%` }, (e) => {
    if (e.isIntersecting) {
      stop();
      fn();
    }
  });
  return stop;
};

let due = new Set(); // slots to ask for together
let asking;
function enqueue(el) {
  due.add(el);
  asking =
    asking ||
    Promise.resolve().then(() => {
      const all = [...due].filter((el) => el.isConnected);
      asking = undefined;
      due = new Set();
      // Each part of an endless page is a page of its own.
      const groups = new Map();
      for (const el of all) {
        const scope = el.closest("[data-placard-page]") || document;
        groups.set(scope, (groups.get(scope) || []).concat(el));
      }
      // 16 slots are the most that one request may hold.
      groups.forEach((those, scope) => {
        for (let i = 0; i < those.length; i += 16) ask(those.slice(i, i + 16), scope);
      });
    });
}

function add(el) {
  const state = { id: "s" + ++serial, off: [], viewed: 0, fallback: el.querySelector("template[data-placard-fallback]") };
  slots.set(el, state);
  reserve(el);
  const m = margins(el);
  if (m) state.off.push(near(el, m[0], () => enqueue(el)));
  else enqueue(el);
}

function forget(el) {
  for (const off of (slots.get(el) || { off: [] }).off) off();
  slots.delete(el);
}

// Whether the article has been read by the parser to its end: before, a page is not known well enough to be asked about.
function parsed() {
  if (document.readyState !== "loading") return true;
  let el = body(document);
  if (!el || performance.now() - began < PATIENCE_MS) return false;
  for (; el && el !== document.body; el = el.parentElement) if (el.nextElementSibling) return true;
  return false;
}

function scan() {
  if (!settings.placardSite || document.prerendering || held) return;
  if ("placardSpa" in settings && path !== location.pathname) {
    moved = path !== undefined;
    path = location.pathname;
    if (moved) {
      // The app has moved on: another page, with other promises to keep.
      token = undefined;
      [...slots.keys()].forEach(forget);
    }
  }
  if (!parsed()) return;
  for (const el of slots.keys()) if (!el.isConnected) forget(el);
  const fresh = [...document.querySelectorAll("[data-placard-slot]")].filter((el) => !slots.has(el));
  if (fresh.length) afterLayout(() => fresh.forEach((el) => slots.has(el) || add(el)));
}

// afterLayout runs fn when the page has been laid out: to measure before would make the browser do it twice. A hidden page is
// not laid out, and nobody waits for it.
function afterLayout(fn) {
  const run = safely(() => {
    if (fn) fn();
    fn = 0;
  });
  if (!document.hidden) requestAnimationFrame(() => setTimeout(run));
  setTimeout(run, 100);
}

async function ask(elements, scope) {
  const states = elements.map((el) => slots.get(el));
  elements.forEach((el, i) => emit(el, "requested", { id: states[i].id }));
  const byId = new Map();
  try {
    const chosen = await consent();
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeout());
    const id = visitorID();
    const asked = {
      site: settings.placardSite,
      page: page(scope),
      slots: elements.map((el, i) => ({ id: states[i].id, placement: el.dataset.placardSlot, sizes: sizes(el) })),
      visitor: id || chosen.tcString ? { id, consent: chosen.tcString } : undefined,
      theme: theme(),
      viewport: [innerWidth, innerHeight],
      kv: settings.kv,
      page_token: token,
    };
    if (debug) emit(root, "asked", asked);
    // text/plain keeps the request a simple one: no preflight before it.
    const res = await fetch(new URL("/v1/ads", base), {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      credentials: "omit",
      signal: stop.signal,
      body: JSON.stringify(asked),
    });
    const answer = await res.json();
    clearTimeout(timer);
    if (!res.ok) throw new Error((answer.error && answer.error.message) || res.status);
    for (const s of answer.slots) byId.set(s.id, s);
    if (scope === document) token = answer.page_token;
  } catch (err) {
    report(err);
  }
  elements.forEach((el, i) => {
    const state = states[i];
    if (slots.get(el) !== state) return; // the page has moved on
    const ad = byId.get(state.id);
    try {
      const m = margins(el);
      if (!ad || !ad.filled) empty(el, ad ? ad.reason : "unavailable");
      else if (m && m[1] < m[0]) state.off.push(near(el, m[1], () => render(el, ad)));
      else render(el, ad);
    } catch (err) {
      report(err);
      empty(el, "error");
    }
  });
}

// --- showing

// The server may be another origin than the page: what it names by path is there.
function absolute(fragment) {
  if (base.origin === location.origin) return;
  const whole = (path) => new URL(path, base).href;
  for (const el of fragment.querySelectorAll("*")) {
    for (const { name, value } of [...el.attributes]) {
      if (/srcset$/.test(name)) el.setAttribute(name, value.replace(/(^|,\s*)(\/[^\s,]+)/g, (_, sep, p) => sep + whole(p)));
      else if (/^(src|href|data-placard-(light|dark))$/.test(name) && value[0] === "/") el.setAttribute(name, whole(value));
    }
  }
}

function applyTheme(from) {
  for (const el of from.querySelectorAll("[data-placard-dark],[data-placard-dark-srcset]")) {
    const data = (suffix) => el.getAttribute(`data-placard-${theme()}${suffix}`);
    const set = data("-srcset");
    const src = data("");
    if (set) {
      if (el.srcset !== set) el.srcset = set;
    } else if (src) el.removeAttribute("srcset");
    if (src && el.getAttribute("src") !== src) el.src = src;
  }
}

// What a creative in a frame may know of the page around it. Nothing of it is secret.
function tellFrames() {
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  slots.forEach(({ box }) => {
    const frame = box && box.querySelector("iframe");
    if (frame && frame.contentWindow) {
      frame.contentWindow.postMessage({ placard: 1, placardTheme: theme(), viewport: [innerWidth, innerHeight], theme: theme(), motion: reduced ? "reduce" : "full" }, "*");
    }
  });
}

const aboutTexts = { ar: "عن هذا الإعلان", bn: "এই বিজ্ঞাপন সম্পর্কে", de: "Über diese Anzeige", en: "About this ad", es: "Sobre este anuncio", fr: "À propos de cette publicité", hi: "इस विज्ञापन के बारे में", tr: "Bu reklam hakkında", ur: "اس اشتہار کے بارے میں" };

function labelled(el, ad) {
  const label = create("div", "placard-label");
  label.textContent = ad.label;
  if (settings.placardAbout !== "off") {
    const lang = (el.closest("[lang]") || root).lang.slice(0, 2);
    const about = create("a", "placard-about");
    about.href = new URL(ad.impression_url.replace("/v1/i/", "/v1/about/"), base);
    about.target = "_blank";
    about.rel = "noopener";
    about.textContent = "?";
    about.title = settings.placardAbout || aboutTexts[lang] || aboutTexts.en;
    about.setAttribute("aria-label", about.title);
    label.append(" ", about);
  }
  if (option(el, "placardClose") !== undefined) {
    const close = create("button", "placard-close");
    close.type = "button";
    close.textContent = option(el, "placardClose") || "×";
    close.setAttribute("aria-label", el.dataset.placardClose || "Close");
    listen(close, "click", () => empty(el, "closed"));
    label.append(" ", close);
  }
  return label;
}

function render(el, ad) {
  const state = slots.get(el);
  const holder = document.createElement("template");
  holder.innerHTML = trusted.createHTML(ad.html);
  absolute(holder.content);
  const box = create("div", "placard-box");
  box.append(holder.content);
  applyTheme(box);
  el.setAttribute("role", "region");
  el.setAttribute("aria-label", ad.label + " " + state.id.slice(1));
  el.dataset.placardState = "filled";
  el.dataset.placardType = ad.type;
  el.replaceChildren(labelled(el, ad), box);
  Object.assign(state, { ad, box, viewed: 0 });
  emit(el, "filled", detail(ad));

  if (ad.type === "adsense") {
    adsense(el, ad, box);
    return;
  }
  const media = box.querySelector("img,iframe");
  if (!media || (media.complete && media.naturalWidth)) {
    rendered(el, ad, box);
  } else {
    state.off.push(
      listen(media, "load", () => rendered(el, ad, box), { once: true }),
      // A creative that cannot load is not an impression.
      listen(media, "error", () => current(el, ad) && empty(el, "broken"), { once: true }),
    );
  }
}

const current = (el, ad) => (slots.get(el) || {}).ad === ad;
const detail = (ad) => ({ id: ad.id, advertiser: ad.advertiser, campaign: ad.campaign, line_item: ad.line_item, creative: ad.creative, type: ad.type, width: ad.width, height: ad.height });

// AdSense units must stand in the page itself. Where the reader has not agreed, the network cannot be reached or has nothing,
// the slot shows its fallback or closes.
async function adsense(el, ad, box) {
  const ins = box.querySelector("ins");
  const give = (why) => current(el, ad) && !ins.dataset.adStatus && empty(el, why);
  if (!allowsNetworks(await consent())) return give("no_consent");
  Object.assign(ins.style, { display: "inline-block", width: ad.width + "px", height: ad.height + "px" });
  const status = new MutationObserver(
    safely(() => {
      if (!current(el, ad) || !ins.dataset.adStatus) return;
      status.disconnect();
      if (ins.dataset.adStatus === "filled") rendered(el, ad, box);
      else empty(el, "network_no_fill");
    }),
  );
  status.observe(ins, { attributes: true, attributeFilter: ["data-ad-status"] });
  slots.get(el).off.push(() => status.disconnect());
  const src = "https://pagead2.googlesyndication.com/pagead/js/adsbygoogle.js?client=" + encodeURIComponent(ins.dataset.adClient);
  const loader = create("script");
  loader.async = true;
  loader.crossOrigin = "anonymous";
  if (settings.nonce) loader.nonce = settings.nonce;
  loader.src = src;
  loader.onerror = () => give("network_unreachable");
  document.head.append(loader);
  (window.adsbygoogle = window.adsbygoogle || []).push({});
  later(() => give("network_timeout"), 5000);
}

// An empty slot closes where that moves nothing the reader looks at: below the viewport. In view it keeps its
// space, invisible, until it has left.
function empty(el, reason) {
  const state = slots.get(el);
  if (!state) return;
  for (const off of state.off.splice(0)) off();
  state.ad = state.box = undefined;
  el.removeAttribute("role");
  el.removeAttribute("aria-label");
  emit(el, "empty", { id: state.id, reason });
  if (state.fallback && reason !== "closed") {
    el.dataset.placardState = "fallback";
    el.replaceChildren(state.fallback.content.cloneNode(true));
    return;
  }
  el.replaceChildren();
  el.dataset.placardState = "empty";
  const close = () => {
    el.dataset.placardState = "collapsed";
    el.style.display = "none";
  };
  if (reason === "closed") return close();
  const stop = watch(el, {}, (e) => {
    if (!e.isIntersecting && e.boundingClientRect.top >= innerHeight) {
      stop();
      close();
    }
  });
  state.off.push(stop);
}

// --- measuring

// A beacon survives the page it is sent from. It is tried twice; the server counts it once.
function beacon(to) {
  const url = new URL(to, base);
  const send = () => fetch(url, { method: "POST", credentials: "omit", keepalive: true });
  let tried = false;
  const again = () => {
    if (tried) return;
    tried = true;
    if (document.visibilityState === "hidden" && navigator.sendBeacon) navigator.sendBeacon(url);
    else later(() => send().catch(report), 2000);
  };
  send().then((res) => res.status >= 500 && again(), again);
}

function rendered(el, ad, box) {
  if (!current(el, ad)) return;
  beacon(ad.impression_url);
  emit(el, "rendered", detail(ad));
  tellFrames();
  const state = slots.get(el);
  state.off.push(
    listen(box, "click", (e) => e.target.closest("a") && emit(el, "clicked", detail(ad))),
    // A click into a frame shows only by the focus that it takes.
    listen(window, "blur", () => {
      const frame = document.activeElement;
      if (frame && frame.tagName === "IFRAME" && box.contains(frame)) emit(el, "clicked", detail(ad));
    }),
  );
  watchView(el, ad, box, state);
}

function watchView(el, ad, box, state) {
  if (window.parent !== window.top) {
    // In a frame within a frame nobody can say what the reader has in front of them.
    emit(el, "unmeasurable", detail(ad));
    return;
  }
  // The picture or frame itself: the link around it may be a line high. Words are seen as a whole.
  const target = (!box.querySelector(".placard-native") && box.querySelector("img,iframe,ins")) || box.firstElementChild || box;
  const seconds = Number(option(el, "placardRefresh"));
  const refresh = seconds && ad.type !== "adsense" ? Math.max(MIN_REFRESH_S, seconds) * 1000 : 0;
  let timer;
  let since; // when it came into view
  let inView = false;
  let viewable = false;
  const update = () => {
    const seen = inView && !document.hidden;
    if (seen === (since !== undefined)) return;
    clearTimeout(timer);
    if (!seen) {
      state.viewed += performance.now() - since;
      since = undefined;
      return;
    }
    since = performance.now();
    const next = () => {
      if (!viewable) timer = later(count, VIEW_MS);
      else if (refresh) timer = later(again, Math.max(0, refresh - state.viewed - (performance.now() - since)));
    };
    const count = () => {
      viewable = true;
      beacon(ad.viewable_url);
      emit(el, "viewable", detail(ad));
      next();
    };
    const again = () => {
      forget(el);
      const fresh = { id: "s" + ++serial, off: [], viewed: 0, fallback: state.fallback };
      slots.set(el, fresh);
      enqueue(el);
    };
    next();
  };
  state.off.push(
    watch(target, { threshold: [0.3, 0.5] }, (e) => {
      const { width, height } = e.boundingClientRect;
      const share = (ad.width * ad.height || width * height) >= LARGE_PX ? 0.3 : 0.5;
      inView = e.isIntersecting && e.intersectionRatio >= share;
      update();
    }),
    listen(document, "visibilitychange", update),
    () => {
      inView = false;
      update();
    },
  );
}

// --- starting

let debug;
let held;
const placard = {
  version: 1,
  // scan() asks for slots that were added to the page since. The tag does so by itself when it sees them.
  scan: safely(scan),
  // start() is for pages that import the tag; a script element with data-placard-site starts it by itself.
  start: safely((options) => {
    if (options !== settings) for (const key in options) settings[/^(base|kv|nonce)$/.test(key) ? key : "placard" + key[0].toUpperCase() + key.slice(1)] = options[key];
    if (began !== undefined) return scan();
    began = performance.now();
    base = new URL(settings.base || (MODULE_URL || (script && script.src) || location.href));
    debug = new URLSearchParams(location.search).has("placard_debug");
    if (debug) {
      const overlay = create("script");
      if (settings.nonce) overlay.nonce = settings.nonce;
      overlay.src = new URL("/tag-debug.js", base);
      held = true; // it shows what it hears
      overlay.onload = overlay.onerror = () => {
        held = false;
        scan();
      };
      document.head.append(overlay);
    }
    const retheme = () => {
      applyTheme(document);
      tellFrames();
    };
    new MutationObserver(safely(retheme)).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
    listen(matchMedia("(prefers-color-scheme: dark)"), "change", retheme);
    listen(window, "resize", tellFrames);
    for (const name of ["readystatechange", "prerenderingchange"]) listen(document, name, scan);
    // An app changes its page a little after its address.
    listen(window.navigation || window, window.navigation ? "currententrychange" : "popstate", () => later(scan, 100));
    // Slots that come later, by endless scrolling or an app. Many changes at once are looked at once.
    let planned;
    new MutationObserver(() => {
      planned =
        planned ||
        later(() => {
          planned = 0;
          scan();
        }, 0);
    }).observe(root, { childList: true, subtree: true });
    later(scan, PATIENCE_MS);
    scan();
  }),
};
window.placard = placard;
if (script && script.dataset.placardSite) placard.start(Object.assign(settings, script.dataset, { nonce: script.nonce }));
export default placard;
