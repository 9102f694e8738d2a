// The demo newspaper in a real browser.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";

export default function (scenario, { base, report, stories, shots, visits }) {
  const talks = "/world/istanbul-peace-talks-collapse";
  const breakfast = "/travel/istanbul-breakfast-and-ferries";
  const until = async (what, fn) => {
    let got;
    for (let i = 0; i < 400; i++) {
      got = await fn();
      if (got) return got;
      await new Promise((r) => setTimeout(r, 25));
    }
    assert.fail(`never: ${what}`);
  };
  const shot = async (page, name) => {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
  const shift = (page) => page.evaluate(() => window.shift);
  // offline keeps the network's script from being fetched, as on a machine without the internet.
  const open = async (h, options) => {
    const page = await h.open(options);
    await page.route("https://**", (r) => r.abort("internetdisconnected"));
    return page;
  };
  // read goes down the page as a reader does, a screen at a time.
  const read = async (page) => {
    await page.evaluate(async () => {
      for (let y = 0; y < document.body.scrollHeight; y += innerHeight * 0.8) {
        scrollTo(0, y);
        await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
      }
    });
  };

  for (const device of ["desktop", "phone"]) {
    for (const theme of ["light", "dark"]) {
      scenario(`the peace talks on a ${device}, ${theme}`, async (h) => {
        const page = await open(h, { device, theme });
        await page.goto(base + talks);
        await h.settled(page, 4);
        assert.equal(h.ads(page).length, 1, "one request");
        const asked = JSON.parse(h.ads(page)[0].body);
        assert.deepEqual(asked.slots.map((s) => s.placement), ["masthead", "story-end-1", "story-end-2", "below-comments"]);
        assert.equal(asked.theme, theme);
        assert.equal(asked.page.section, "world");
        await read(page);
        const rendered = await h.events(page, "rendered");
        assert.ok(rendered.length >= 2, "only " + rendered.length + " ads");
        assert.equal(rendered.some((e) => e.advertiser === "northwind"), false, "a holiday beside the war");
        assert.ok((await shift(page)) <= 0.01, "the layout shifted by " + (await shift(page)));
        for (const el of await page.locator('[data-placard-state="filled"]').all()) {
          assert.match(await el.locator(".placard-label").textContent(), /^Advertisement/);
        }
        // Nothing reaches out of its slot or pushes the page sideways.
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "the page scrolls sideways");
        await until("a viewable one", async () => (await h.events(page, "viewable")).length > 0);
        assert.deepEqual(page.errors, []);
        assert.deepEqual((await h.axe(page, { within: { include: [["[data-placard-state=filled]"]] }, run: { rules: { region: { enabled: false } } } })), []);
        await page.evaluate(() => scrollTo(0, 0));
        await shot(page, `talks-${device}-${theme}`);
        return { filled: rendered.map((e) => `${e.placement}: ${e.advertiser}/${e.creative}`), shift: await shift(page) };
      });
    }
  }

  for (const device of ["desktop", "phone"]) {
    scenario(`breakfast in Istanbul has the holiday, on a ${device}`, async (h) => {
      const page = await open(h, { device });
      await page.goto(base + breakfast);
      await h.settled(page, 4);
      const rendered = await h.events(page, "rendered");
      assert.ok(rendered.some((e) => e.line_item === "istanbul-city-breaks"), JSON.stringify(rendered));
      assert.ok((await shift(page)) <= 0.01);
      await shot(page, `breakfast-${device}`);
    });
  }

  scenario("the theme switches without a request", async (h) => {
    const page = await open(h);
    await page.goto(base + breakfast);
    await h.settled(page, 4);
    const img = page.locator('[data-placard-slot="masthead"] img').first();
    const before = await img.evaluate((i) => i.currentSrc);
    await page.locator("button.theme").click();
    await until("the dark picture", async () => (await img.evaluate((i) => i.currentSrc)) !== before);
    assert.equal(h.ads(page).length, 1);
    await shot(page, "breakfast-switched");
  });

  scenario("a click reaches the advertiser and the report", async (h) => {
    const page = await h.open();
    await page.goto(base + breakfast);
    await h.settled(page, 4);
    const clicks = async () => ((await (await fetch(report + "/?by=line_item")).json()).rows || []).filter((r) => r.line_item === "istanbul-city-breaks").map((r) => Number(r.clicks))[0] || 0;
    const before = await clicks();
    const link = page.locator('[data-placard-slot="masthead"] .placard-box a');
    // There may be no internet: it counts where the browser goes.
    await Promise.all([page.context().waitForEvent("request", (r) => r.url() === "https://example.com/northwind/istanbul" && r.isNavigationRequest()), link.click()]);
    const began = Date.now();
    await until("the click in the report", async () => (await clicks()) === before + 1);
    return { seconds: (Date.now() - began) / 1000 };
  });

  scenario("a slot that the network leaves empty closes", async (h) => {
    const page = await open(h);
    await page.goto(base + talks);
    await h.settled(page, 4);
    const gone = (await h.events(page, "empty")).filter((e) => e.reason.startsWith("network_"));
    if (gone.length === 0) assert.ok((await h.events(page, "filled")).every((e) => e.type !== "adsense"), "a network's ad neither came nor failed");
    for (const e of gone) await until("it is closed", async () => (await page.locator(`[data-placard-slot="${e.placement}"]`).evaluate((el) => el.offsetHeight)) === 0);
    return gone;
  });

  // A slow network: the tag comes late and the answer later.
  for (const device of ["desktop", "phone"]) {
    scenario(`nothing jumps on any page of a slow ${device}`, async (h) => {
      const page = await open(h, { device });
      await page.route("**/tag.js", async (r) => { await new Promise((f) => setTimeout(f, 150)); await r.continue(); });
      await page.route("**/v1/ads", async (r) => { await new Promise((f) => setTimeout(f, 150)); await r.continue(); });
      const worst = {};
      for (const path of ["/", "/section/world", "/section/urdu", ...stories]) {
        await page.goto(base + path);
        await h.settled(page);
        await read(page);
        const s = await shift(page);
        if (s > 0) worst[path] = Number(s.toFixed(4));
      }
      for (const [path, s] of Object.entries(worst)) assert.ok(s <= 0.01, `${path} shifted by ${s}`);
      return worst;
    });
  }

  scenario("Urdu pages have their label", async (h) => {
    for (const device of ["desktop", "phone"]) {
      const page = await open(h, { device });
      await page.goto(base + stories.find((s) => s.startsWith("/urdu/")));
      await h.settled(page, 4);
      assert.match(await page.locator(".placard-label").first().textContent(), /^اشتہار/);
      assert.ok((await shift(page)) <= 0.01);
      await shot(page, `urdu-${device}`);
    }
  });

  // Readers who scroll, switch tabs, go on and come back; what their browsers saw is what the report says.
  scenario(`${visits} visits and the report agree`, async (h) => {
    const metrics = ["impressions", "viewable", "clicks"];
    const ask = async () => {
      const totals = {};
      for (const r of (await (await fetch(report + "/?by=line_item")).json()).rows || []) totals[r.line_item] = metrics.map((m) => Number(r[m] || 0));
      return totals;
    };
    // What earlier scenarios caused must be in first.
    let base0 = await ask();
    await until("a report at rest", async () => {
      await new Promise((r) => setTimeout(r, 1500));
      const next = await ask();
      const same = JSON.stringify(next) === JSON.stringify(base0);
      base0 = next;
      return same;
    });
    let state = 7n;
    // Knuth's MMIX generator in 64 bits; the low bits of a linear congruence repeat, so the high ones are taken.
    const random = (n) => Number((state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn) >> 33n) % n;
    const page = await open(h);
    // Written down in the browser at once: a message to the outside is lost with a page that is left in the same instant.
    await page.addInitScript(() => {
      for (const [i, name] of ["rendered", "viewable"].entries()) {
        document.addEventListener("placard:" + name, (e) => {
          const saw = JSON.parse(localStorage.getItem("test-saw") || "{}");
          (saw[e.detail.line_item] = saw[e.detail.line_item] || [0, 0, 0])[i] += 1;
          localStorage.setItem("test-saw", JSON.stringify(saw));
        });
      }
    });
    const paths = ["/", talks, breakfast, ...stories];
    const setHidden = (v) => page.evaluate((v) => {
      Object.defineProperty(document, "hidden", { value: v, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, v);
    for (let i = 0; i < visits; i++) {
      await page.goto(base + paths[random(paths.length)]);
      if (random(4) > 0) await h.settled(page); // a quarter leaves before the ads are there
      for (let k = random(4); k > 0; k--) {
        await page.evaluate((y) => scrollTo(0, y * document.body.scrollHeight / 100), random(100));
        if (random(3) === 0) await setHidden(true);
        await new Promise((r) => setTimeout(r, random(1800)));
        await setHidden(false);
      }
    }
    await page.goto(base + "/healthz"); // the same origin, without ads
    const saw = await page.evaluate(() => JSON.parse(localStorage.getItem("test-saw") || "{}"));
    let diff;
    await until("the report", async () => {
      const now = await ask();
      diff = [];
      for (const item of new Set([...Object.keys(saw), ...Object.keys(now)])) {
        const got = metrics.map((_, i) => (now[item] || [0, 0, 0])[i] - (base0[item] || [0, 0, 0])[i]);
        const want = saw[item] || [0, 0, 0];
        if (String(got) !== String(want)) diff.push({ item, reported: got, seen: want });
      }
      return diff.length === 0;
    }).catch(() => assert.fail("the browser and the report differ: " + JSON.stringify(diff)));
    const sum = Object.values(saw).reduce((a, b) => a.map((x, i) => x + b[i]), [0, 0, 0]);
    return { visits, impressions: sum[0], viewable: sum[1] };
  });

  scenario("the tag's time on the main thread at a quarter of the speed", async (h) => {
    const runs = [];
    for (let i = 0; i < 5; i++) {
      const page = await open(h);
      const ms = await h.mainThread(page, "/tag.js", async () => {
        await page.goto(base + talks);
        await h.settled(page, 4);
        await read(page);
      });
      runs.push(Math.round(ms * 10) / 10);
      await page.context().close();
    }
    runs.sort((a, b) => a - b);
    // The aim of 15 ms is missed: benchmarks/RESULTS.md tells by how much. The best of five is 40 to 60 on a machine that others use; the bound
    // is twice that, to find a tag that has become much slower and not a machine that is busy.
    assert.ok(runs[0] > 0 && runs[0] <= 120, "milliseconds: " + runs);
    return { milliseconds: runs };
  });
}
