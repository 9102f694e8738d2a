// What people do on the pages, in a real browser. Each scenario prints one line of JSON: its name, and an error or "".
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { base, modules, password, yesterday, out } = JSON.parse(process.env.SETTINGS);
const require = createRequire(modules + "/x.js");
const { chromium } = require("playwright-core");
const axe = readFileSync(modules + "/axe-core/axe.min.js", "utf8");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });

async function open({ user, theme = "light", width = 1440, lang = "en" } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, locale: lang, acceptDownloads: true, bypassCSP: false });
  const page = await context.newPage();
  page.errors = [];
  page.on("pageerror", (e) => page.errors.push(e.message));
  page.on("console", (m) => { if (m.type() === "error" && !/status of (4|5)\d\d/.test(m.text())) page.errors.push(m.text()); });
  if (user) {
    await page.goto(base + "/login");
    await page.fill("[name=name]", user);
    await page.fill("[name=password]", password);
    await page.click(".login button");
    await page.waitForURL((u) => !u.pathname.startsWith("/login"));
  }
  return page;
}

async function scenario(name, run) {
  let error = "";
  const pages = [];
  try {
    await run(async (o) => { const p = await open(o); pages.push(p); return p; });
    for (const p of pages) assert.deepEqual(p.errors, [], "errors in the browser's console");
  } catch (e) {
    error = String(e.stack || e).slice(0, 4000);
  }
  for (const p of pages) await p.context().close();
  console.log(JSON.stringify({ name, error }));
}

// A newcomer's tasks: clicks are counted from the moment of signing in.
await scenario("yesterday's clicks by creative", async (open) => {
  const page = await open({ user: "nadia" });
  let clicks = 0;
  await page.click(".presets a:has-text('Yesterday')"); clicks++;
  await page.waitForURL(/range=yesterday/);
  const got = await page.$$eval(".gallery li", (cards) => Object.fromEntries(cards.map((c) => [c.querySelector("b").textContent, +c.querySelectorAll("dd")[2].textContent.replace(/,/g, "")])));
  assert.deepEqual(got, yesterday);
  assert.ok(clicks <= 3);
});
await scenario("export what is seen", async (open) => {
  const page = await open({ user: "nadia" });
  for (const [name, ending] of [["CSV", "csv"], ["Excel", "xlsx"], ["JSON", ""]]) {
    if (!ending) continue;
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`.exports a:has-text('${name}')`)]);
    assert.match(download.suggestedFilename(), new RegExp(ending + "$"));
    assert.ok(readFileSync(await download.path()).length > 200);
  }
});
await scenario("why is a line item behind, as the advertiser and as ops", async (open) => {
  const page = await open({ user: "nadia" });
  await page.click(".items .behind");
  await page.waitForSelector("h1:has-text('istanbul-city-breaks')");
  assert.match(await page.textContent("main"), /needs .* impressions a day/);
  assert.match(await page.textContent("#why ~ .scroll"), /as often as its caps allow/);
  const ops = await open({ user: "olga" });
  await ops.click("header a:has-text('Ops')");
  await ops.waitForSelector("#live");
  await ops.click("tr:has-text('istanbul-city-breaks') .behind");
  await ops.waitForSelector("h1:has-text('istanbul-city-breaks')");
  assert.match(await ops.textContent("#why ~ .scroll"), /Raise the cap/);
});
await scenario("everything clicked filters, without a new page", async (open) => {
  const page = await open({ user: "nadia" });
  await page.evaluate(() => { window.marker = 1; });
  await page.click(".t-country a:has-text('Pakistan')");
  await page.waitForSelector(".chip:has-text('Pakistan')");
  await page.click(".t-device a:has-text('phone')");
  await page.waitForSelector(".chip:has-text('phone')");
  assert.equal(await page.evaluate(() => window.marker), 1, "the page was loaded anew");
  assert.equal(new URL(page.url()).searchParams.getAll("filter").join(), "country:PK,device:phone");
  assert.equal(await page.locator(".plot canvas").count(), 1);
  const before = await page.textContent(".heads .value");
  await page.goto(page.url()); // the view is its address
  assert.equal(await page.textContent(".heads .value"), before);
  await page.click(".chip:has-text('Pakistan') .x");
  await page.waitForFunction(() => !document.querySelector(".chips")?.textContent.includes("Pakistan"));
  await page.click(".heads a:has-text('Clicks')");
  await page.waitForURL(/metric=clicks/);
  await page.goBack();
  await page.waitForFunction(() => !location.search.includes("metric=clicks"));
});
await scenario("a cut by other dimensions", async (open) => {
  const page = await open({ user: "nadia" });
  await page.click("a:has-text('Cut the figures another way')");
  await page.waitForSelector(".cutform");
  for (const name of ["day", "line_item", "creative"]) await page.uncheck(`[name=by][value=${name}]`);
  await page.check("[name=by][value=section]");
  await page.click(".cutform button");
  await page.waitForURL(/by=section/);
  await page.waitForFunction(() => document.querySelectorAll("table.cut tbody tr").length === 4);
  await page.click("th a:has-text('Clicks')");
  await page.waitForURL(/sort=-clicks/);
  const clicks = await page.$$eval("table.cut tbody tr", (rows) => rows.map((r) => +r.cells[3].textContent.replace(/,/g, "")));
  assert.deepEqual(clicks, [...clicks].sort((a, b) => b - a));
  assert.equal(await page.getAttribute("th[aria-sort]", "aria-sort"), "descending");
});
await scenario("the chart tells figures under the pointer", async (open) => {
  const page = await open({ user: "nadia" });
  const box = await page.locator(".plot .u-over").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  await page.waitForSelector(".tip:not([hidden])");
  assert.match(await page.textContent(".tip"), /Nov\s2026\s[\d,]+/);
});
await scenario("live figures keep what the reader holds, pause, and say when they are not live", async (open) => {
  const page = await open({ user: "olga" });
  await page.goto(base + "/ops");
  await page.focus("#live tr:has-text('fares-of-the-week') a.id");
  await page.evaluate(() => { window.row = document.activeElement; });
  await page.waitForResponse((r) => r.url().endsWith("/ops/live"));
  await page.waitForResponse((r) => r.url().endsWith("/ops/live"));
  assert.equal(await page.evaluate(() => document.activeElement === window.row && window.row.isConnected), true, "the focus was lost");
  assert.equal(await page.textContent(".live"), "Live");
  await page.click("[data-pause]");
  await page.waitForFunction(() => document.querySelector(".live").textContent === "Paused");
  await page.click("[data-pause]");
  await page.context().setOffline(true);
  await page.waitForFunction(() => document.querySelector(".live").textContent.startsWith("Not live"), null, { timeout: 20000 });
  page.errors = page.errors.filter((e) => !/ERR_INTERNET_DISCONNECTED|^htmx:/.test(e));
});
await scenario("a page that cannot be loaded says so and keeps what was there", async (open) => {
  const page = await open({ user: "nadia" });
  await page.context().setOffline(true);
  await page.click(".presets a:has-text('30 days')");
  await page.waitForSelector(".lost:not([hidden])");
  assert.equal(await page.locator(".heads").count(), 1);
  await page.context().setOffline(false);
  page.errors = page.errors.filter((e) => !/ERR_INTERNET_DISCONNECTED|^htmx:/.test(e));
});
await scenario("a page is whole without scripts", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(base + "/login");
  await page.fill("[name=name]", "nadia");
  await page.fill("[name=password]", password);
  await page.click(".login button");
  assert.equal(await page.locator("svg.chart rect.bar").count(), 14);
  await page.click(".presets a:has-text('Yesterday')");
  assert.match(page.url(), /range=yesterday/);
  await context.close();
});
await scenario("the keyboard reaches everything", async (open) => {
  const page = await open({ user: "nadia" });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.focus(".more summary");
  await page.keyboard.press("Enter");
  assert.equal(await page.isVisible("[name=from]"), true);
});

// Every page: nothing for axe to find, nothing wider than the screen.
const report = "/reports/northwind";
const looks = [
  ["sign in", "", "/login"], ["link that is over", "", "/login/link?t=x"], ["report", "nadia", report],
  ["report filtered", "nadia", report + "?range=7d&filter=country:PK&filter=!device:tablet&metric=ctr"], ["report of nothing yet", "quiet", "/reports/quiet"],
  ["report of an empty range", "nadia", report + "?filter=country:NO"], ["cut", "nadia", report + "/cut?by=section&sort=-clicks"],
  ["line item", "nadia", report + "/line-items/winter-escapes/istanbul-city-breaks"], ["not found", "nadia", "/reports/indus-bank"], ["wrong view", "nadia", report + "?from=x"],
  ["advertisers", "olga", "/reports/"], ["ops", "olga", "/ops"], ["why not", "olga", "/ops/why?url=https://daily.example/x&country=PK"],
];
for (const [look, lang] of [...looks.map((l) => [l, "en"]), [looks[0], "ur"], [looks[2], "ur"], [looks[6], "ur"], [looks[7], "ur"]]) {
  const [name, user, path] = look;
  await scenario(`${name} in ${lang}, light and dark, wide and narrow`, async (open) => {
    const page = await open({ user, lang });
    for (const [width, theme] of out ? [[1440, "light"], [390, "dark"], [768, "dark"], [390, "light"]] : [[1440, "light"], [390, "dark"]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme });
      await page.goto(base + path);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wider <= 0, `${wider} px wider than ${width}`);
      assert.equal(await page.evaluate(() => document.documentElement.dir), lang === "ur" ? "rtl" : "ltr");
      if (out) await page.screenshot({ path: `${out}/${name.replaceAll(" ", "-")}-${lang}-${width}-${theme}.png`, fullPage: true });
      if (width === 768 || (width === 390 && theme === "light")) continue;
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
      const text = found.violations.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.slice(0, 3).map((n) => n.html + " " + (n.any[0]?.message ?? "")).join("\n  ")}`);
      assert.deepEqual(text, [], `${theme} at ${width}`);
    }
  });
}
await scenario("a report on paper", async (open) => {
  const page = await open({ user: "nadia", theme: "dark" });
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible("svg.chart"), true);
  assert.equal(await page.isVisible(".exports"), false);
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), "rgb(255, 255, 255)");
  const pdf = await page.pdf({ format: "A4", path: out ? out + "/report.pdf" : undefined });
  assert.ok(pdf.length > 10000);
});
await browser.close();
