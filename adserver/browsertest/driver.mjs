// Runs the scenarios of the module named on the command line, each in a context of its own, and prints one JSON line for each.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.NODE_MODULES + "/");
const { chromium, devices } = require("playwright-core");
export const settings = JSON.parse(process.env.SETTINGS);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage", "--force-device-scale-factor=1"],
});

const sizes = { desktop: { width: 1440, height: 900 }, tablet: { width: 768, height: 1024 }, phone: { width: 390, height: 844 } };

class Helper {
  settings = settings;
  browser = browser;
  devices = devices;
  #open = [];

  // open makes a page. Options: device desktop|tablet|phone, theme light|dark, and what browser.newContext takes.
  async open(options = {}) {
    const { device = "desktop", theme = "light", ...rest } = options;
    const context = await browser.newContext({
      viewport: sizes[device], colorScheme: theme, hasTouch: device === "phone", isMobile: device === "phone",
      userAgent: device === "phone" ? devices["Pixel 7"].userAgent.replace(/Headless/g, "") : devices["Desktop Chrome"].userAgent, ...rest,
    });
    this.#open.push(context);
    const page = await context.newPage();
    page.errors = [];
    page.requests = [];
    page.on("pageerror", (e) => page.errors.push(String(e)));
    page.on("request", (r) => page.requests.push({ url: r.url(), method: r.method(), body: r.postData(), type: r.resourceType() }));
    // Every event of the tag, and layout shifts that no input caused.
    await page.addInitScript(() => {
      window.seen = [];
      for (const name of ["requested", "filled", "empty", "rendered", "viewable", "clicked", "unmeasurable"]) {
        document.addEventListener("placard:" + name, (e) => window.seen.push({ name, placement: e.target.dataset.placardSlot, ...e.detail }));
      }
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const e of list.getEntries()) if (!e.hadRecentInput) window.shift += e.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    return page;
  }

  // settled waits until every slot of the page has come to an end: rendered, empty, or not asked for.
  async settled(page, slots) {
    await page.waitForFunction((n) => {
      const done = new Set(window.seen.filter((e) => e.name === "rendered" || e.name === "empty").map((e) => e.id));
      return done.size >= (n || document.querySelectorAll("[data-placard-slot]").length);
    }, slots, { timeout: 15000 });
  }

  events = (page, name) => page.evaluate((n) => window.seen.filter((e) => !n || e.name === n), name);
  ads = (page) => page.requests.filter((r) => new URL(r.url).pathname === "/v1/ads");
  beacons = (page, kind) => page.requests.filter((r) => new URL(r.url).pathname.startsWith(`/v1/${kind}/`));

  // axe runs axe-core over the page and returns what it finds.
  async axe(page, options = {}) {
    await page.evaluate(require("node:fs").readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    return page.evaluate(async (o) => {
      const r = await window.axe.run(o.within || document, o.run || {});
      return r.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
    }, options);
  }

  // mainThread sums the processor time that the page's main thread spent on a script, in milliseconds, by the browser's own
  // trace, and multiplies it: the browser's throttling only makes the thread sleep, and other programs' work is not the script's.
  async mainThread(page, part, fn, slowdown = 4) {
    const events = [];
    const client = await browser.newBrowserCDPSession();
    client.on("Tracing.dataCollected", (d) => events.push(...d.value));
    const complete = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
    await client.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["devtools.timeline", "v8", "disabled-by-default-v8.compile"] } });
    await fn();
    await client.send("Tracing.end");
    await complete;
    const mine = events.filter((e) => e.ph === "X" && e.tdur && JSON.stringify(e.args.data || {}).includes(part) && /^(EvaluateScript|FunctionCall|v8\.compile|V8\.CompileCode|TimerFire|RunMicrotasks)/.test(e.name));
    // What runs within another is part of it.
    mine.sort((a, b) => a.tts - b.tts || b.tdur - a.tdur);
    let end = 0;
    let total = 0;
    for (const e of mine) {
      if (e.tts < end) continue;
      end = e.tts + e.tdur;
      total += e.tdur;
    }
    return (total / 1000) * slowdown;
  }

  async close() {
    for (const c of this.#open.splice(0)) await c.close();
  }
}

const scenarios = [];
const module = await import(pathToFileURL(process.argv[2]));
module.default((name, fn) => scenarios.push([name, fn]), settings);
for (const [name, fn] of scenarios) {
  if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
  const h = new Helper();
  const result = { Name: name, Error: "" };
  const began = performance.now();
  try {
    result.Data = (await fn(h)) ?? null;
  } catch (err) {
    result.Error = String(err.stack || err);
  }
  await h.close().catch(() => {});
  result.Millis = Math.round(performance.now() - began);
  console.log(JSON.stringify(result));
}
await browser.close();
