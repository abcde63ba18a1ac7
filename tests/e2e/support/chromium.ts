import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";

/** Debian's Chromium, or the one named by `LORAT_CHROMIUM`. */
export const chromiumPath = process.env.LORAT_CHROMIUM ?? "/usr/bin/chromium";

/** Whether there is one; where it is missing, tests that need it say so, and on CI they run and fail. */
export const hasChromium = existsSync(chromiumPath);

/** WebGPU on the software device, and nothing that asks the network. */
const flags = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-quic",
  "--disable-sync",
  "--disable-background-networking",
  "--disable-component-update",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

/** An open page. */
export interface BrowserPage {
  readonly page: Page;
  /** What the page wrote to its console, and errors that nobody caught. */
  readonly messages: readonly string[];
  close(): Promise<void>;
}

/** Opens `url` in a headless Chromium with a profile of its own. */
export async function openPage(url: string): Promise<BrowserPage> {
  const profile = await mkdtemp(join(tmpdir(), "lorat-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    headless: true,
    args: flags,
  });
  const messages: string[] = [];
  const page = context.pages()[0] ?? (await context.newPage());
  page.on("console", (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => messages.push(`uncaught: ${error.message}`));
  await page.goto(url);
  return {
    page,
    messages,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
