import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleForBrowser } from "./support/bundle.ts";
import { type Results, runCase } from "./support/cases.ts";
import { type BrowserPage, chromiumPath, hasChromium, openPage } from "./support/chromium.ts";
import { expectSame } from "./support/compare.ts";
import { nanoCases } from "./support/device-cases.ts";
import type { Encoded, PageTest } from "./support/page.ts";
import { runtimePath, type Site, serve } from "./support/serve.ts";

const names = ["nano forward", "nano LoRA step"] as const;

const skipped = !hasChromium && !process.env.CI;
if (skipped) console.warn(`skipped: there is no Chromium at ${chromiumPath} (LORAT_CHROMIUM names another)`);

describe.skipIf(skipped)("the built packages in Chromium", () => {
  let site: Site;
  let browser: BrowserPage;
  const expected: Partial<Record<(typeof names)[number], Results>> = {};

  beforeAll(async () => {
    const { code } = await bundleForBrowser(`import "./tests/e2e/support/page.ts";`);
    site = await serve({
      "/": `<!doctype html><link rel="icon" href="data:,"><title>lorat</title><script type="module" src="/page.js"></script>`,
      "/page.js": code,
    });
    browser = await openPage(site.url);
    await browser.page.waitForFunction("globalThis.loratTest !== undefined");
    await inPage("configure", new URL(runtimePath, site.url).href, 2);
    for (const name of names) expected[name] = await runCase(nanoCases[name](), { device: "cpu" });
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it("runs in a page that may use threads", async () => {
    expect(await browser.page.evaluate("crossOriginIsolated")).toBe(true);
  });

  it.each(names.flatMap((name) => (["wasm", "webgpu"] as const).map((device) => ({ name, device }))))(
    "gives Node's numbers on $device: $name",
    async ({ name, device }) => {
      expectSame(decode(await inPage("run", device, name)), expected[name]!);
    },
  );

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
