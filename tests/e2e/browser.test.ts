import { loraConfig, mergedConfig, variantNamed } from "@lorat/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleForBrowser } from "./support/bundle.ts";
import { forwardCase, type Results, runCase, stepCase } from "./support/cases.ts";
import { type BrowserPage, chromiumPath, hasChromium, openPage } from "./support/chromium.ts";
import { expectSame } from "./support/compare.ts";
import type { Encoded, PageTest } from "./support/page.ts";
import { runtimePath, type Site, serve } from "./support/serve.ts";

const variant = "nano";
const rank = 4;
const batch = 2;

const skipped = !hasChromium && !process.env.CI;
if (skipped) console.warn(`skipped: there is no Chromium at ${chromiumPath} (LORAT_CHROMIUM names another)`);

describe.skipIf(skipped)("the built packages in Chromium", () => {
  let site: Site;
  let browser: BrowserPage;
  let expectedForward: Results;
  let expectedStep: Results;

  beforeAll(async () => {
    const { code } = await bundleForBrowser(`import "./tests/e2e/support/page.ts";`);
    site = await serve({
      "/": `<!doctype html><link rel="icon" href="data:,"><title>lorat</title><script type="module" src="/page.js"></script>`,
      "/page.js": code,
    });
    browser = await openPage(site.url);
    await browser.page.waitForFunction("globalThis.loratTest !== undefined");
    await inPage("configure", new URL(runtimePath, site.url).href, 2);
    const config = variantNamed(variant);
    expectedForward = await runCase(forwardCase(mergedConfig(config), 1), { device: "cpu" });
    expectedStep = await runCase(stepCase(loraConfig(config, { rank }), batch), { device: "cpu" });
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it("runs in a page that may use threads", async () => {
    expect(await browser.page.evaluate("crossOriginIsolated")).toBe(true);
  });

  describe.each(["wasm", "webgpu"] as const)("on %s", (device) => {
    it("gives Node's numbers forward", async () => {
      expectSame(decode(await inPage("forward", device, variant, 1)), expectedForward);
    });

    it("gives Node's numbers for a LoRA training step", async () => {
      expectSame(decode(await inPage("step", device, variant, rank, batch)), expectedStep);
    });
  });

  it("leaves no error on the console", () => {
    expect(browser.messages.filter((message) => /^(error|uncaught)/.test(message))).toEqual([]);
  });

  function inPage<M extends keyof PageTest>(method: M, ...given: Parameters<PageTest[M]>) {
    const list = given.map((argument) => JSON.stringify(argument)).join(", ");
    return browser.page.evaluate(`loratTest.${method}(${list})`) as Promise<Awaited<ReturnType<PageTest[M]>>>;
  }
});

function decode(encoded: Encoded): Results {
  const values = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
  return Object.fromEntries(Object.entries(encoded).map(([name, text]) => [name, values(text)]));
}
