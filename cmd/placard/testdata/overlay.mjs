// The tag's debug overlay. Its shadow root is closed to the page, and opened here so that it can be read.
import assert from "node:assert/strict";

export default function (scenario, { page: base, ops, site, shots }) {
  const open = async (h, path, options) => {
    const page = await h.open(options);
    await page.addInitScript(() => {
      const attach = Element.prototype.attachShadow;
      Element.prototype.attachShadow = function (o) { return attach.call(this, { ...o, mode: "open" }); };
    });
    await page.goto(base + path);
    await h.settled(page, 2);
    return page;
  };
  const asked = (page) => page.requests.filter((r) => new URL(r.url).pathname === "/api/v1/explain");
  const paste = async (page, token) => {
    await page.getByLabel("Ops token").fill(token);
    await page.getByRole("button", { name: "Explain" }).click();
  };

  scenario("pages without placard_debug load no overlay", async (h) => {
    const page = await open(h, "/world/boats");
    assert.equal(page.requests.some((r) => r.url.endsWith("/tag-debug.js")), false);
    assert.equal(await page.locator("form").count(), 0);
  });

  scenario("without a valid token there is a plain message and nothing else", async (h) => {
    const page = await open(h, "/world/boats?placard_debug");
    await page.getByText("Paste an ops token").waitFor();
    assert.equal(asked(page).length, 0);
    for (const token of ["plc_wrong", site]) {
      await paste(page, token);
      await page.getByText("does not take this token").waitFor();
      await page.getByLabel("Ops token").waitFor();
      assert.equal(await page.locator("section").count(), 0);
    }
    assert.equal(asked(page).filter((r) => r.method === "GET").length, 2);
    assert.deepEqual(page.errors, []);
  });

  scenario("an ops token gets the reasons of each slot", async (h) => {
    for (const device of ["desktop", "phone"]) {
      const page = await open(h, "/world/boats?placard_debug", { device });
      await paste(page, ops);
      const top = page.locator("section", { hasText: "top s1" });
      await top.waitFor();
      const text = await top.innerText();
      assert.match(text, /shown: a\/c\/l\/k/);
      assert.match(text, /decided again: a\/c\/l\/k/);
      assert.match(text, /a\/c\/abroad: targeting/);
      assert.match(text, new RegExp(`Device ${device}`));
      assert.match(await page.locator("section", { hasText: "end s2" }).innerText(), /empty: /);
      assert.equal(await page.getByLabel("Ops token").isVisible(), false);
      assert.equal(asked(page).filter((r) => r.method === "GET").length, 1);
      // The token goes to the API alone.
      assert.equal(page.requests.some((r) => (r.url + r.body).includes(ops)), false);
      assert.deepEqual(await h.axe(page), []);
      if (shots) await page.screenshot({ path: `${shots}/overlay-${device}.png` });
      assert.deepEqual(page.errors, []);
    }
  });
}
