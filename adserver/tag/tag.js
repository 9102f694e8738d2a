// Placard's tag. It asks once for all ad slots of a page, shows what comes back, and reports what readers saw.
// It adds one global, `placard`, and never throws into the page.
//
//   <script async src="https://ads.example/tag.js" data-placard-site="daily"></script>
//   <div data-placard-slot="article-end" data-placard-sizes="970x250,728x90" data-placard-sizes-phone="320x100"></div>

const script = document.currentScript || document.querySelector("script[data-placard-site]");
const settings = script ? script.dataset : {};
const base = new URL(script && script.src ? script.src : location.href);
const root = document.documentElement;

// Half of the pixels for one second; 30 % for creatives of 242,500 px² or more (MRC, Viewable Ad Impression
// Measurement Guidelines 2.0, section 1.1 and 1.2).
const VIEW_MS = 1000;
const LARGE_PX = 242500;

const slots = new Map(); // element → state
let count = 0;
let token; // of the page: what it already shows

function safely(fn) {
  return (...args) => {
    try {
      return fn(...args);
    } catch (err) {
      report(err);
    }
  };
}

function report(err) {
  if (window.console) console.warn("placard:", err);
}

function emit(el, name, detail) {
  el.dispatchEvent(new CustomEvent("placard:" + name, { bubbles: true, detail }));
}

const theme = () =>
  root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

// --- what the page is about

function meta(name) {
  const el = document.querySelector(`meta[property="${name}"],meta[name="${name}"]`);
  return (el && el.content) || "";
}

// The first JSON-LD node that describes an article.
function article() {
  for (const el of document.querySelectorAll('script[type="application/ld+json"]')) {
    let data;
    try {
      data = JSON.parse(el.textContent);
    } catch {
      continue;
    }
    const nodes = [].concat(data, (data && data["@graph"]) || []);
    const found = nodes.find((n) => n && /Article|BlogPosting/.test([].concat(n["@type"]).join()));
    if (found) return found;
  }
  return {};
}

const list = (v) => (Array.isArray(v) ? v : String(v || "").split(",")).map((s) => String(s).trim()).filter(Boolean);

function firstText(limit) {
  const from = document.querySelector("[itemprop=articleBody],article,main");
  let text = "";
  if (from) {
    for (const p of from.querySelectorAll("p,h2,li")) {
      if (p.closest("[data-placard-slot],aside,nav,form,footer")) continue;
      text += p.textContent.trim() + "\n";
      if (text.length > limit) break;
    }
  }
  return text.slice(0, limit);
}

function page() {
  const ld = article();
  const canonical = document.querySelector("link[rel=canonical]");
  const keywords = list(ld.keywords || meta("keywords") || meta("news_keywords")).slice(0, 32);
  const flag = (name) => (/^(true|1|yes)$/i.test(meta("placard:" + name)) ? true : undefined);
  return {
    url: canonical ? canonical.href : location.href.split("#")[0],
    title: String(ld.headline || meta("og:title") || document.title).slice(0, 300),
    description: String(ld.description || meta("og:description") || meta("description")).slice(0, 500) || undefined,
    section: String([].concat(ld.articleSection)[0] || meta("article:section")).slice(0, 60) || undefined,
    keywords: keywords.length ? keywords : undefined,
    language: ld.inLanguage || root.lang || undefined,
    published: ld.datePublished || meta("article:published_time") || undefined,
    kind: ld["@type"] || meta("og:type") === "article" ? "article" : "front",
    text: firstText(8000) || undefined,
    sensitive: flag("sensitive"),
    no_ads: flag("no-ads"),
  };
}

// An id of the site's own, kept in its storage, and only where the publisher asks for one: the publisher knows
// what the reader consented to.
function visitor() {
  if (settings.placardVisitor !== "local") return undefined;
  try {
    let id = localStorage.getItem("placard.visitor");
    if (!id) {
      id = crypto.randomUUID();
      localStorage.setItem("placard.visitor", id);
    }
    return { id };
  } catch {
    return undefined; // storage is blocked: then there is no id
  }
}

// --- asking

function sizes(el) {
  const phone = el.dataset.placardSizesPhone;
  const text = (phone && innerWidth < 600 ? phone : el.dataset.placardSizes) || "";
  const all = text.split(",").map((s) => s.trim().split("x").map(Number)).filter((s) => s[0] > 0 && s[1] > 0);
  // What is wider than its column would be cut off or push the page sideways.
  const room = el.clientWidth || innerWidth;
  const fits = all.filter((s) => s[0] <= room);
  return fits.length ? fits : all.slice(-1);
}

function scan() {
  const fresh = [];
  for (const el of document.querySelectorAll("[data-placard-slot]")) {
    if (!slots.has(el)) {
      slots.set(el, { id: "s" + ++count });
      fresh.push(el);
    }
  }
  if (fresh.length) ask(fresh);
}

async function ask(elements) {
  const wanted = elements.map((el) => ({ id: slots.get(el).id, placement: el.dataset.placardSlot, sizes: sizes(el) }));
  for (const el of elements) emit(el, "requested", { id: slots.get(el).id });
  let answer;
  try {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), Number(settings.placardTimeout) || 3000);
    // text/plain keeps the request a simple one: no preflight before it.
    const res = await fetch(new URL("/v1/ads", base), {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      credentials: "omit",
      signal: stop.signal,
      body: JSON.stringify({
        site: settings.placardSite,
        page: page(),
        slots: wanted,
        visitor: visitor(),
        theme: theme(),
        viewport: [innerWidth, innerHeight],
        page_token: token,
      }),
    });
    clearTimeout(timer);
    answer = await res.json();
    if (!res.ok) throw new Error((answer.error && answer.error.message) || res.status);
  } catch (err) {
    report(err);
    elements.forEach((el) => empty(el, "unavailable"));
    return;
  }
  token = answer.page_token;
  const byId = new Map(answer.slots.map((s) => [s.id, s]));
  for (const el of elements) {
    const ad = byId.get(slots.get(el).id);
    try {
      if (ad && ad.filled) render(el, ad);
      else empty(el, ad ? ad.reason : "unavailable");
    } catch (err) {
      report(err);
      empty(el, "error");
    }
  }
}

// --- showing

// The server may be another origin than the page: what it names by path is there.
function absolute(fragment) {
  for (const name of ["src", "href", "data-placard-light", "data-placard-dark"]) {
    for (const el of fragment.querySelectorAll(`[${name}^="/"]`)) el.setAttribute(name, new URL(el.getAttribute(name), base));
  }
  for (const name of ["srcset", "data-placard-light-srcset", "data-placard-dark-srcset"]) {
    for (const el of fragment.querySelectorAll(`[${name}]`)) {
      el.setAttribute(name, el.getAttribute(name).replace(/(^|,\s*)(\/[^\s,]+)/g, (_, sep, path) => sep + new URL(path, base)));
    }
  }
}

function applyTheme(from) {
  const want = theme();
  for (const img of from.querySelectorAll("img[data-placard-dark]")) {
    const set = img.getAttribute(`data-placard-${want}-srcset`);
    const src = img.getAttribute(`data-placard-${want}`);
    if (src && img.getAttribute("src") !== src) {
      if (set) img.srcset = set;
      else img.removeAttribute("srcset");
      img.src = src;
    }
  }
}

function render(el, ad) {
  const holder = document.createElement("template");
  holder.innerHTML = ad.html;
  absolute(holder.content);
  applyTheme(holder.content);
  const label = document.createElement("div");
  label.className = "placard-label";
  label.textContent = ad.label;
  const box = document.createElement("div");
  box.className = "placard-box";
  box.append(holder.content);
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", ad.label);
  el.dataset.placardState = "filled";
  el.dataset.placardType = ad.type;
  el.replaceChildren(label, box);
  Object.assign(slots.get(el), { ad, box });
  emit(el, "filled", { id: ad.id, advertiser: ad.advertiser, line_item: ad.line_item, creative: ad.creative });

  if (ad.type === "adsense") {
    adsense(el, ad, box);
    return;
  }
  const media = box.querySelector("img,iframe");
  if (!media) {
    rendered(el, ad, box);
  } else if (media.tagName === "IMG" && media.complete && media.naturalWidth) {
    rendered(el, ad, box);
  } else {
    media.addEventListener("load", safely(() => rendered(el, ad, box)), { once: true });
    // A creative that cannot load is not an impression.
    media.addEventListener("error", safely(() => empty(el, "broken")), { once: true });
  }
}

// AdSense units must stand in the page itself. Where the network cannot be reached or has nothing, the slot closes.
function adsense(el, ad, box) {
  const ins = box.querySelector("ins");
  Object.assign(ins.style, { display: "inline-block", width: ad.width + "px", height: ad.height + "px" });
  const settle = safely(() => {
    const status = ins.dataset.adStatus;
    if (status === "filled") rendered(el, ad, box);
    else if (status) empty(el, "network_no_fill");
    return status;
  });
  const watch = new MutationObserver(() => settle() && watch.disconnect());
  watch.observe(ins, { attributes: true, attributeFilter: ["data-ad-status"] });
  const give = (why) => {
    watch.disconnect();
    if (!ins.dataset.adStatus) empty(el, why);
  };
  const loader = document.createElement("script");
  loader.async = true;
  loader.crossOrigin = "anonymous";
  if (script && script.nonce) loader.nonce = script.nonce;
  loader.src = "https://pagead2.googlesyndication.com/pagead/js/adsbygoogle.js?client=" + encodeURIComponent(ins.dataset.adClient);
  loader.onerror = () => give("network_unreachable");
  document.head.append(loader);
  (window.adsbygoogle = window.adsbygoogle || []).push({});
  setTimeout(() => give("network_timeout"), 5000);
}

// An empty slot closes where that moves nothing the reader looks at: below the viewport. In view it keeps its
// space, invisible, until it has left.
function empty(el, reason) {
  const state = slots.get(el);
  el.replaceChildren();
  el.dataset.placardState = "empty";
  if (state) state.ad = undefined;
  emit(el, "empty", { id: state && state.id, reason });
  const close = () => (el.dataset.placardState = "collapsed");
  if (el.getBoundingClientRect().top >= innerHeight) {
    close();
    return;
  }
  const watch = new IntersectionObserver((entries) => {
    const last = entries[entries.length - 1];
    if (!last.isIntersecting && last.boundingClientRect.top >= innerHeight) {
      watch.disconnect();
      close();
    }
  });
  watch.observe(el);
}

// --- measuring

function beacon(path) {
  const url = new URL(path, base);
  const send = () => fetch(url, { method: "POST", mode: "cors", credentials: "omit", keepalive: true });
  const again = () => setTimeout(() => send().catch(report), 2000);
  send().then((res) => res.status >= 500 && again(), again);
}

// The reader must have the page in front of them: a prerendered page waits until it is shown.
function whenShown(fn) {
  if (document.prerendering) document.addEventListener("prerenderingchange", fn, { once: true });
  else fn();
}

function rendered(el, ad, box) {
  if (slots.get(el).ad !== ad) return;
  whenShown(
    safely(() => {
      beacon(ad.impression_url);
      emit(el, "rendered", { id: ad.id });
      watchView(el, ad, box);
    }),
  );
}

function watchView(el, ad, box) {
  const target = box.firstElementChild || box;
  const area = ad.width * ad.height || target.offsetWidth * target.offsetHeight;
  const share = area >= LARGE_PX ? 0.3 : 0.5;
  let timer;
  let inView = false;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const update = () => {
    if (!inView || document.hidden) {
      stop();
    } else if (!timer) {
      timer = setTimeout(
        safely(() => {
          watch.disconnect();
          document.removeEventListener("visibilitychange", update);
          beacon(ad.viewable_url);
          emit(el, "viewable", { id: ad.id });
        }),
        VIEW_MS,
      );
    }
  };
  const watch = new IntersectionObserver(
    (entries) => {
      inView = entries[entries.length - 1].intersectionRatio >= share;
      update();
    },
    { threshold: share },
  );
  watch.observe(target);
  document.addEventListener("visibilitychange", update);
  box.addEventListener("click", (e) => e.target.closest("a") && emit(el, "clicked", { id: ad.id }));
}

// --- starting

const retheme = safely(() => applyTheme(document));
new MutationObserver(retheme).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);

// scan() asks for slots that were added to the page since.
window.placard = { scan: safely(scan), version: 1 };
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", window.placard.scan);
else window.placard.scan();
