// What the tag does in a real browser. Each scenario has a browser context of its own.
import assert from "node:assert/strict";

export default function (scenario, { site, ads, volt }) {
  const counted = async (page) => (await fetch(`${site}/counted?page=${page}`)).json();
  // Events reach the journal a moment after they are sent.
  const until = async (what, fn) => {
    let got;
    for (let i = 0; i < 200; i++) {
      got = await fn();
      if (got) return got;
      await new Promise((r) => setTimeout(r, 25));
    }
    assert.fail(`never: ${what}`);
  };
  const countedAs = (page, want) => until(`${page} counted as ${JSON.stringify(want)}`, async () => {
    const got = await counted(page);
    return JSON.stringify(Object.entries(got).sort()) === JSON.stringify(Object.entries(want).sort());
  }).catch(async (e) => assert.fail(e.message + ", but " + JSON.stringify(await counted(page))));
  // observed resolves once the browser has told all observers of an element how much of it is in view, and returns that share.
  const observed = (page, selector) => page.evaluate((s) => new Promise((resolve) => {
    const o = new IntersectionObserver((e) => { o.disconnect(); resolve(e[0].intersectionRatio); });
    o.observe(document.querySelector(s));
  }), selector);
  // There may be no internet: it counts where the browser goes.
  const reached = (page, url) => page.context().waitForEvent("request", (r) => r.url() === url && r.isNavigationRequest());
  const inView = (page, selector, px) => page.evaluate(([s, px]) => {
    const r = document.querySelector(s).getBoundingClientRect();
    scrollTo(0, r.top + scrollY - innerHeight + px);
  }, [selector, px]);

  for (const device of ["desktop", "phone"]) {
    scenario(`one request fills every slot on a ${device}`, async (h) => {
      const page = await h.open({ device });
      await page.goto(site + "/all");
      const globals = await page.evaluate(() => Object.keys(window).filter((k) => /placard|tag/i.test(k)));
      assert.deepEqual(globals, ["placard"]);
      await h.settled(page);
      assert.equal(h.ads(page).length, 1);
      const asked = JSON.parse(h.ads(page)[0].body);
      assert.equal(asked.slots.length, 5);
      assert.equal(asked.page.url, site + "/all");
      assert.match(asked.page.text, /Boats left/);
      const filled = await h.events(page, "filled");
      assert.deepEqual(filled.map((e) => e.creative).sort(), [device === "phone" ? "small" : "wide", "read", "spin", "square"].sort());
      assert.deepEqual((await h.events(page, "empty")).map((e) => e.placement), ["gone"]);
      assert.equal(await page.locator(".placard-label").first().textContent().then((t) => t.startsWith("Advertisement")), true);
      await until("four impressions", async () => (await counted("/all")).impression >= (device === "desktop" ? 4 : 8));
      assert.equal(h.beacons(page, "i").length, 4);
      assert.deepEqual(page.errors, []);
      assert.ok((await page.evaluate(() => window.shift)) <= 0.01, "the layout shifted by " + (await page.evaluate(() => window.shift)));
    });
  }

  scenario("switching the theme asks for nothing", async (h) => {
    const page = await h.open();
    await page.goto(site + "/all");
    await h.settled(page);
    const img = page.locator('[data-placard-slot="top"] img');
    const light = await img.getAttribute("src");
    await page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
    await until("the dark picture", async () => (await img.getAttribute("src")) !== light);
    assert.equal(await img.getAttribute("src"), await img.getAttribute("data-placard-dark"));
    await page.evaluate(() => { document.documentElement.dataset.theme = "light"; });
    await until("the light picture", async () => (await img.getAttribute("src")) === light);
    assert.equal(h.ads(page).length, 1);
    const dark = await h.open({ theme: "dark" });
    await dark.goto(site + "/all");
    await h.settled(dark);
    assert.equal(JSON.parse(h.ads(dark)[0].body).theme, "dark");
    assert.equal(await dark.locator('[data-placard-slot="top"] img').evaluate((i) => i.getAttribute("src") === i.dataset.placardDark), true);
  });

  for (const [name, path, area, below, above] of [
    ["viewable is half of the pixels for one whole second", "/tall", 250, 122, 127],
    ["a large creative is viewable from three tenths", "/large", 250, 73, 77],
  ]) {
    scenario(name, async (h) => {
      const page = await h.open();
      await page.clock.install();
      await page.goto(site + path);
      await h.settled(page);
      const box = ".placard-box img";
      await page.clock.pauseAt(Date.now() + 3600_000);
      const viewable = async () => (await h.events(page, "viewable")).length;
      await inView(page, box, below);
      assert.ok((await observed(page, box)) < above / area);
      await page.clock.runFor(10_000);
      assert.equal(await viewable(), 0, `at ${below} of ${area} px`);
      await inView(page, box, above);
      await observed(page, box);
      await page.clock.runFor(999);
      assert.equal(await viewable(), 0, "after 999 ms");
      await inView(page, box, below); // a second in two pieces is none
      await observed(page, box);
      await page.clock.runFor(500);
      await inView(page, box, above);
      await observed(page, box);
      await page.clock.runFor(999);
      assert.equal(await viewable(), 0, "after 999 ms again");
      await page.clock.runFor(1);
      assert.equal(await viewable(), 1, "after a second");
      await page.clock.runFor(10_000);
      await inView(page, box, 0);
      await inView(page, box, 250);
      await observed(page, box);
      await page.clock.runFor(10_000);
      assert.equal(await viewable(), 1);
      await countedAs(path, { impression: 1, viewable: 1 });
    });
  }

  scenario("nothing is viewable in a hidden tab", async (h) => {
    const page = await h.open();
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(1000);
    await page.goto(site + "/inner?hidden");
    await page.clock.runFor(300);
    await h.settled(page);
    const cdp = await page.context().newCDPSession(page);
    const { windowId } = await cdp.send("Browser.getWindowForTarget");
    await cdp.send("Browser.setWindowBounds", { windowId, bounds: { windowState: "minimized" } });
    let real = true;
    await page.waitForFunction(() => document.hidden, null, { timeout: 2000, polling: 50 }).catch(async () => {
      // Without a window manager a window cannot be minimized: then the page is told what it would be told.
      real = false;
      await page.evaluate(() => {
        Object.defineProperty(document, "hidden", { value: true, configurable: true });
        Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      });
    });
    const before = (await h.events(page, "viewable")).length;
    assert.equal(before, 0, "it was viewable before it was hidden");
    await page.clock.runFor(10_000);
    assert.equal((await h.events(page, "viewable")).length, 0);
    if (real) await cdp.send("Browser.setWindowBounds", { windowId, bounds: { windowState: "normal" } });
    else await page.evaluate(() => { delete document.hidden; delete document.visibilityState; document.dispatchEvent(new Event("visibilitychange")); });
    await page.waitForFunction(() => !document.hidden, null, { polling: 50 });
    await page.clock.runFor(1001);
    assert.equal((await h.events(page, "viewable")).length, 1);
    return { minimized: real };
  });

  scenario("a click goes through the ad server", async (h) => {
    const page = await h.open();
    await page.goto(site + "/tall?click");
    await h.settled(page);
    await page.locator(".placard-box a").scrollIntoViewIfNeeded();
    const click = () => Promise.all([reached(page, "https://northwind.example/square"), page.locator(".placard-box a").click()]);
    const [popup] = await Promise.all([page.context().waitForEvent("page"), click()]);
    assert.equal((await h.events(page, "clicked")).length, 1);
    assert.equal(await popup.evaluate(() => window.opener), null);
    await until("one click", async () => (await counted("/tall")).click === 1);
    await click();
    await until("the second one is a replay", async () => (await counted("/tall"))["click replayed"] === 1);
  });

  scenario("a creative in a frame reaches nothing but its click", async (h) => {
    const page = await h.open();
    await page.goto(site + "/all?frame");
    await page.evaluate(() => { document.cookie = "secret=1"; });
    await h.settled(page);
    const frame = page.frames().find((f) => f.url().includes("/v1/html/"));
    const told = await until("the page told the frame", async () => { const t = await frame.title(); return t.startsWith("[") && JSON.parse(t); });
    assert.deepEqual(told[0], "blocked no cookies no storage");
    assert.equal(told[1], "null");
    assert.deepEqual(told[2], { placard: 1, placardTheme: "light", viewport: [1440, 900], theme: "light", motion: "full" });
    await page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
    await until("the other theme", async () => { const t = JSON.parse(await frame.title())[2]; return t.placardTheme === "dark" && t.theme === "dark"; });
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setViewportSize({ width: 1000, height: 700 });
    await until("the new viewport", async () => { const t = JSON.parse(await frame.title())[2]; return t.viewport[0] === 1000 && t.motion === "reduce"; });
    await Promise.all([reached(page, "https://northwind.example/spin"), frame.locator("#go").click()]);
    await until("the click in the frame", async () => (await h.events(page, "clicked")).some((e) => e.creative === "spin"));
  });

  scenario("the demo's html creatives follow the page's theme, not the system's", async (h) => {
    const page = await h.open({ theme: "dark" });
    await page.route("**/v1/html/**", (r) => r.fulfill({ contentType: "text/html", body: volt }));
    await page.goto(site + "/all?volt");
    await page.evaluate(() => { document.documentElement.dataset.theme = "light"; });
    await h.settled(page);
    const frame = page.frames().find((f) => f.url().includes("/v1/html/"));
    const ground = () => frame.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--ground").trim());
    const is = (want) => until(`the creative is ${want}`, async () => (await frame.evaluate(() => document.documentElement.dataset.theme)) === want);
    await is("light");
    const light = await ground();
    await page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
    await is("dark");
    assert.notEqual(await ground(), light);
  });

  scenario("an empty slot closes where nobody reads", async (h) => {
    const page = await h.open();
    await page.goto(site + "/empty");
    await h.settled(page);
    const top = await page.locator("#under").evaluate((e) => e.getBoundingClientRect().top);
    assert.ok(top >= 250, "the text moved up under the reader");
    await until("the one below is closed", async () => (await page.locator("#second").evaluate((e) => e.offsetHeight)) === 0);
    assert.equal(await page.evaluate(() => window.shift), 0);
    assert.deepEqual((await h.events(page, "empty")).map((e) => e.reason).every((r) => r.length > 0), true);
  });

  for (const [name, handle] of [
    ["down", (r) => r.abort("connectionrefused")],
    ["failing", (r) => r.fulfill({ status: 500, body: "no" })],
    ["talking nonsense", (r) => r.fulfill({ status: 200, body: '{"slots":7}', headers: { "access-control-allow-origin": "*" } })],
    ["silent", () => {}],
  ]) {
    scenario(`with the server ${name} the article is untouched`, async (h) => {
      const page = await h.open();
      await page.route("**/v1/ads", handle);
      await page.goto(site + "/fallback");
      await h.settled(page);
      assert.equal(await page.locator("#first").textContent(), "Subscribe");
      await until("the one below is closed", async () => (await page.locator("#second").evaluate((e) => e.offsetHeight)) === 0);
      assert.equal(await page.locator("#text").textContent(), "The story");
      assert.deepEqual(page.errors, []);
      assert.equal(await page.evaluate(() => window.shift), 0);
      assert.equal(h.beacons(page, "i").length, 0);
    });
  }

  scenario("a picture that does not load is no impression", async (h) => {
    const page = await h.open();
    await page.route("**/a/*.png", (r) => r.abort());
    await page.goto(site + "/inner?broken");
    await h.settled(page);
    assert.deepEqual((await h.events(page, "empty")).map((e) => e.reason), ["broken"]);
    assert.equal(h.beacons(page, "i").length, 0);
  });

  scenario("lazy slots are asked for and shown at their margins", async (h) => {
    const page = await h.open();
    await page.goto(site + "/lazy");
    await h.settled(page, 1);
    assert.equal(h.ads(page).length, 1);
    assert.equal(JSON.parse(h.ads(page)[0].body).slots.length, 1);
    await page.evaluate(() => scrollTo(0, 2000)); // some 1,250 px above it: 900 px is the fetch margin
    await observed(page, '[data-placard-slot="mid"]');
    assert.equal(h.ads(page).length, 1);
    await page.evaluate(() => scrollTo(0, 3000));
    await until("the second request", () => h.ads(page).length === 2);
    assert.ok(JSON.parse(h.ads(page)[1].body).page_token, "the page token went along");
    await until("the answer", async () => (await page.evaluate(() => performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/v1/ads")).length)) === 2);
    assert.equal((await h.events(page, "filled")).length, 1);
    await page.evaluate(() => scrollTo(0, 3600));
    await until("it is shown", async () => (await h.events(page, "filled")).length === 2);
  });

  scenario("a slot is refreshed after its time in view, not before thirty seconds", async (h) => {
    const page = await h.open();
    await page.clock.install();
    await page.goto(site + "/refresh");
    await h.settled(page);
    await observed(page, ".placard-box img");
    await page.clock.pauseAt(Date.now() + 10_000);
    await page.clock.runFor(10_000);
    assert.equal(h.ads(page).length, 1);
    // Step by step: a request that is under way while the clock jumps would time out.
    for (let i = 0; i < 25 && h.ads(page).length === 1; i++) {
      await page.clock.runFor(1000);
      await page.evaluate(() => 0);
    }
    await until("the other creative", async () => (await page.locator(".placard-box img").getAttribute("alt")) === "Second");
    assert.deepEqual((await h.events(page, "filled")).map((e) => e.creative), ["a", "b"]);
    assert.equal(await page.evaluate(() => window.shift), 0);
  });

  scenario("an app's navigation is another page", async (h) => {
    const page = await h.open();
    await page.goto(site + "/app");
    await h.settled(page);
    await page.evaluate(() => { history.replaceState(0, "", "?tab=2"); });
    await page.evaluate(() => {
      history.pushState(0, "", "/app/next");
      document.title = "Next";
      document.getElementById("app").innerHTML = '<h1>Next</h1><div data-placard-slot="mid" data-placard-sizes="300x250"></div><div data-placard-slot="top" data-placard-sizes="728x90"></div>';
    });
    await until("the next page's request", () => h.ads(page).length === 2);
    const next = JSON.parse(h.ads(page)[1].body);
    assert.equal(next.page.url, site + "/app/next");
    assert.equal(next.page_token, undefined);
    assert.equal(next.slots.length, 2);
    await h.settled(page, 3);
    assert.deepEqual((await h.events(page, "filled")).map((e) => e.creative), ["square", "square", "wide"]);
  });

  scenario("each story of an endless page is a page of its own", async (h) => {
    const page = await h.open();
    await page.goto(site + "/endless");
    await h.settled(page);
    await page.evaluate(() => {
      document.getElementById("stories").insertAdjacentHTML("beforeend", '<article data-placard-page="/stories/two" data-placard-section="travel" lang="en"><h2>Two</h2><p>Second story.</p><div data-placard-slot="mid" data-placard-sizes="300x250"></div></article>');
    });
    await until("the second request", () => h.ads(page).length === 2);
    const [one, two] = h.ads(page).map((r) => JSON.parse(r.body).page);
    assert.deepEqual([one.url, one.title, one.section, one.text.trim()], [site + "/stories/one", "One", "world", "One\nFirst story."]);
    assert.deepEqual([two.url, two.title, two.section, two.text.trim()], [site + "/stories/two", "Two", "travel", "Two\nSecond story."]);
  });

  scenario("a page with a strict policy and trusted types", async (h) => {
    const page = await h.open();
    const violations = [];
    page.on("console", (m) => /Content Security Policy|TrustedHTML/i.test(m.text()) && violations.push(m.text()));
    await page.goto(site + "/strict");
    await h.settled(page);
    assert.equal((await h.events(page, "rendered")).length, 4);
    assert.deepEqual(violations, []);
  });

  scenario("the tag as a module", async (h) => {
    const page = await h.open();
    await page.goto(site + "/module");
    await h.settled(page);
    assert.equal((await h.events(page, "rendered")).length, 4);
    assert.deepEqual(JSON.parse(h.ads(page)[0].body).kv, { edition: "pk" });
  });

  scenario("slots of a slow page do not wait for its end", async (h) => {
    const page = await h.open();
    const loaded = page.goto(site + "/slow");
    await until("the first request", () => h.ads(page).length === 1);
    assert.equal(await page.evaluate(() => document.readyState), "loading");
    assert.match(JSON.parse(h.ads(page)[0].body).page.text, /A whole story/);
    await until("the first ad", async () => (await h.events(page, "rendered")).length === 1);
    await fetch(site + "/release");
    await loaded;
    await h.settled(page);
    assert.equal(h.ads(page).length, 2);
    assert.ok(JSON.parse(h.ads(page)[1].body).page_token);
  });

  const network = "https://pagead2.googlesyndication.com/**";
  for (const [name, answer, want] of [
    ["that fills", "filled", "rendered"],
    ["that has nothing", "unfilled", "network_no_fill"],
    ["that cannot be reached", null, "network_unreachable"],
  ]) {
    scenario(`an ad network ${name}`, async (h) => {
      const page = await h.open();
      await page.route(network, (r) => answer ? r.fulfill({
        contentType: "text/javascript", headers: { "access-control-allow-origin": "*" },
        body: `document.querySelectorAll("ins.adsbygoogle").forEach((e) => { e.dataset.adStatus = "${answer}"; })`,
      }) : r.abort());
      await page.goto(site + "/network");
      await h.settled(page);
      const got = (await page.evaluate(() => window.seen)).filter((e) => e.name === "rendered" || e.name === "empty").map((e) => e.reason || e.name);
      assert.deepEqual(got, [want]);
      const ins = await page.locator("ins").count();
      assert.equal(ins, answer === "filled" ? 1 : 0);
    });
  }

  for (const [name, purposes, want] of [["no", {}, "no_consent"], ["yes", { 1: true }, "rendered"]]) {
    scenario(`the reader says ${name} to ad networks`, async (h) => {
      const page = await h.open();
      const asked = [];
      await page.route(network, (r) => { asked.push(r.request().url()); return r.fulfill({ contentType: "text/javascript", headers: { "access-control-allow-origin": "*" }, body: 'document.querySelector("ins").dataset.adStatus = "filled"' }); });
      await page.addInitScript((consents) => {
        window.__tcfapi = (command, version, fn) => setTimeout(() => fn({ eventStatus: "tcloaded", tcString: "CPtest", gdprApplies: true, purpose: { consents } }, true), 50);
      }, purposes);
      await page.goto(site + "/consent");
      await h.settled(page);
      const seen = (await page.evaluate(() => window.seen)).filter((e) => e.placement === "network" && (e.name === "rendered" || e.name === "empty")).map((e) => e.reason || e.name);
      assert.deepEqual(seen, [want]);
      assert.equal(JSON.parse(h.ads(page)[0].body).visitor.consent, "CPtest");
      assert.equal(asked.length, want === "rendered" ? 1 : 0);
      assert.ok((await h.events(page, "rendered")).some((e) => e.creative === "square"), "other ads are not held up");
    });
  }

  scenario("a beacon is tried again and counts once", async (h) => {
    const page = await h.open();
    let tries = 0;
    await page.route("**/v1/i/**", (r) => (++tries === 1 ? r.fulfill({ status: 503, headers: { "access-control-allow-origin": "*" } }) : r.continue()));
    await page.goto(site + "/urdu?retry");
    await h.settled(page);
    await until("the second try", async () => (await counted("/urdu")).impression === 1);
    assert.equal(tries, 2);
  });

  scenario("beacons survive leaving the page", async (h) => {
    const page = await h.open();
    await page.addInitScript(() => document.addEventListener("placard:rendered", () => { location.href = "about:blank"; }));
    await page.goto(site + "/close?leave").catch(() => {});
    await page.waitForURL("about:blank");
    await until("the impression", async () => (await counted("/close")).impression === 1);
  });

  scenario("a frame within a frame is unmeasurable and says so", async (h) => {
    const page = await h.open();
    await page.goto(site + "/outer");
    const inner = await until("the inner frame", async () => page.frames().find((f) => f.url().endsWith("/inner")));
    await until("the event", async () => inner.evaluate(() => (window.seen || []).some((e) => e.name === "unmeasurable")));
    assert.equal(await inner.evaluate(() => window.seen.some((e) => e.name === "viewable")), false);
  });

  scenario("closing a slot, labels and focus for everybody", async (h) => {
    const page = await h.open();
    await page.goto(site + "/close");
    await h.settled(page);
    const about = page.locator(".placard-about");
    assert.equal(await about.getAttribute("aria-label"), "About this ad");
    assert.match(await about.getAttribute("href"), /\/v1\/about\/[\w-]+$/);
    const order = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press("Tab");
      order.push(await page.evaluate(() => document.activeElement.className || document.activeElement.tagName));
    }
    assert.deepEqual(order, ["placard-about", "placard-close", "placard-ad"]);
    assert.deepEqual(await h.axe(page), []);
    await page.locator(".placard-close").click();
    assert.equal(await page.locator("#slot").evaluate((e) => e.offsetHeight), 0);
    const urdu = await h.open();
    await urdu.goto(site + "/urdu");
    await h.settled(urdu);
    assert.match(await urdu.locator(".placard-label").textContent(), /^اشتہار/);
    assert.equal(await urdu.locator(".placard-about").getAttribute("aria-label"), "اس اشتہار کے بارے میں");
  });

  scenario("axe finds nothing", async (h) => {
    for (const theme of ["light", "dark"]) {
      const page = await h.open({ theme });
      await page.goto(site + "/all?axe");
      await h.settled(page);
      assert.deepEqual(await h.axe(page), []);
    }
  });
}
