/** The ready-made file for pages, and the example that uses it, in Chromium, as they stand. */
import { type ChildProcess, execFileSync } from "node:child_process";
import { createReadStream, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Box, loadTracker } from "@lorat/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "./support/bundle.ts";
import { type BrowserPage, chromiumPath, hasChromium, openPage } from "./support/chromium.ts";
import { expectExampleTracks, serveExample } from "./support/page-example.ts";

const skipped = !hasChromium && !process.env.CI;
if (skipped) console.warn(`skipped: there is no Chromium at ${chromiumPath} (LORAT_CHROMIUM names another)`);

const pageTools = readFileSync(new URL("./support/page-tools.js", import.meta.url), "utf8");

/** Another site: a picture that a page may show and not read, and a model whose weights never end. */
function elsewhereAnswer({ url }: IncomingMessage, response: ServerResponse): void {
  const picture =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
  response.setHeader("cross-origin-resource-policy", "cross-origin");
  if (url === "/picture.png") {
    response.setHeader("content-type", "image/png");
    response.end(Buffer.from(picture, "base64"));
    return;
  }
  response.setHeader("access-control-allow-origin", "*");
  if (url?.endsWith("model.json")) {
    createReadStream(join(projectRoot, "models", "nano", "model.json")).pipe(response);
    return;
  }
  response.writeHead(200, { "content-length": 3_366_724, "last-modified": new Date(0).toUTCString() });
  response.write(Buffer.alloc(1000));
}

describe.skipIf(skipped)("a page", () => {
  let server: ChildProcess;
  let address: string;

  beforeAll(async () => {
    execFileSync(process.execPath, ["scripts/page-bundle.mjs"], { cwd: projectRoot });
    ({ server, address } = await serveExample(projectRoot));
  });
  afterAll(() => {
    server?.kill();
  });

  it("tracks the clip from a box that is drawn by hand: examples/page as it stands", async () => {
    await expectExampleTracks(projectRoot);
  });

  describe("its trackers", () => {
    let browser: BrowserPage;
    let other: Server;
    let elsewhere: string;

    beforeAll(async () => {
      other = createServer(elsewhereAnswer);
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
      browser = await openPage(new URL("serve.mjs", address).href);
      await browser.page.addScriptTag({ type: "module", content: pageTools });
      await browser.page.waitForFunction("globalThis.tools !== undefined");
    });
    afterAll(async () => {
      await browser?.close();
      other?.close();
    });

    const inPage = (script: string) => browser.page.evaluate(`(async () => { ${script} })()`);

    it.each(["loadTracker", "loadWorkerTracker"])("take every kind of picture: %s", async (load) => {
      const boxes = (await inPage(`return tools.boxesByKind(tools.lorat.${load})`)) as Record<string, Box>;
      expect(Object.keys(boxes).length).toBe(9);
      const tracker = await loadTracker("nano", { device: "cpu" });
      const [first, second] = (await inPage("return tools.pixels()")) as number[][];
      const frame = (data: number[]) => ({ width: 160, height: 120, data: Uint8Array.from(data) });
      const target = await tracker.start(frame(first!), { x: 50, y: 40, width: 30, height: 30 });
      const { box } = await target.track(frame(second!));
      await tracker.dispose();
      for (const [kind, found] of Object.entries(boxes)) {
        for (const side of ["x", "y", "width", "height"] as const) {
          expect(Math.abs(found[side] - box[side]), `${kind}: ${side}`).toBeLessThan(0.1);
        }
      }
    });

    it("say what they cannot take", async () => {
      const codes = await inPage(`return tools.codesOfBadPictures(${JSON.stringify(elsewhere)})`);
      expect(codes).toEqual({
        text: "FRAME_KIND",
        blob: "FRAME_KIND",
        "video without a picture": "FRAME_EMPTY",
        "closed VideoFrame": "FRAME_EMPTY",
        "image of another site": "FRAME_UNREADABLE",
      });
    });

    it("leave the page free while a worker tracks", async () => {
      const { ticks, milliseconds } = (await inPage("return tools.ticksWhileTracking()")) as {
        ticks: number;
        milliseconds: number;
      };
      expect(ticks, `in ${milliseconds} ms`).toBeGreaterThan(1);
    });

    it("keep weights for the next time, and nothing of a load that was cancelled", async () => {
      expect(await inPage("return tools.stepsOfTwoLoads()")).toEqual({
        first: ["initiate", "download", "done"],
        second: ["initiate", "done"],
        kept: ["/packages/core/dist/models/nano/weights.safetensors"],
      });
      expect(await inPage(`return tools.cancelled(${JSON.stringify(elsewhere)})`)).toEqual({
        codes: ["LOAD_CANCELLED", "LOAD_CANCELLED"],
        kept: [],
      });
    });

    it("say that ONNX Runtime's files are missing, and a worker's", async () => {
      const fresh = await openPage(new URL("serve.mjs", address).href);
      const found = await fresh.page.evaluate(`(async () => {
        const lorat = await import("/node_modules/@lorat/core/dist/lorat.browser.js");
        const codeOf = (promise) => promise.then(() => "none", ({ code, hint }) => [code, hint]);
        lorat.configureWasm({ baseUrl: "/nowhere/" });
        const runtime = await codeOf(lorat.loadWorkerTracker("nano"));
        const createWorker = () => new Worker("/nowhere.js", { type: "module" });
        return { runtime, worker: await codeOf(lorat.loadWorkerTracker("nano", { createWorker })) };
      })()`);
      await fresh.close();
      expect(found).toEqual({
        runtime: ["RUNTIME_MISSING", expect.stringContaining("configureWasm")],
        worker: ["WORKER_FAILED", expect.any(String)],
      });
    });
  });
});
