import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrowserPage, chromiumPath, hasChromium, openPage } from "./support/chromium.ts";

const main = fileURLToPath(new URL("../../packages/lorat/dist/cli/main.js", import.meta.url));
const lorat = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args]);

const steps = 600;

/** Lines of a run whose loss falls, with a held-out loss, a tracking test and a line cut short. */
function metrics(): string {
  const lines: object[] = [];
  for (let step = 1; step <= steps; step++) {
    const loss = 0.5 + Math.exp(-step / 100);
    lines.push({
      ...{ step, loss, bce: loss / 2, giou: loss / 2, iou: 1 - loss / 2, gradNorm: 5 * loss },
      ...{ learningRate: 1e-4, samplesPerSecond: 40, waitShare: 0.01, memoryMb: 900 },
    });
    if (step % 100 === 0) lines.push({ kind: "validation", step, loss, bce: 0.2, giou: 0.2, iou: 0.6 });
  }
  lines.push({ kind: "tracking", step: steps, auc: 0.5, sequences: { car: 0.5 } });
  return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"step":${steps + 1},"lo`;
}

let folder: string;
let report: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-report-"));
  for (const name of ["one", "two"]) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "metrics.jsonl"), metrics());
  }
  report = join(folder, "report.html");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("lorat runs", () => {
  it("draws curves in the terminal and writes the report", async () => {
    const { stdout } = await lorat(
      "runs",
      "show",
      join(folder, "one"),
      join(folder, "two"),
      "--html",
      report,
    );
    for (const text of ["loss:", "gradient norm", "one loss 0.5", "two loss 0.5", "⠉"]) {
      expect(stdout).toContain(text);
    }
  });

  it("lists and prints JSON", async () => {
    expect((await lorat("runs", "list", folder)).stdout).toContain(join(folder, "one"));
    const [run] = JSON.parse((await lorat("runs", "show", join(folder, "one"), "--json")).stdout);
    expect(run.summary).toMatchObject({ step: steps, auc: 0.5 });
    await expect(lorat("runs", "show", folder)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("error[RUN_NOT_FOUND]"),
    });
  });
});

const skipped = !hasChromium && !process.env.CI;
if (skipped) console.warn(`skipped: there is no Chromium at ${chromiumPath} (LORAT_CHROMIUM names another)`);

describe.skipIf(skipped)("the report in Chromium, from the disk", () => {
  let browser: BrowserPage;
  beforeAll(async () => {
    browser = await openPage(pathToFileURL(report).href);
    await browser.page.waitForSelector("section canvas");
  });
  afterAll(() => browser?.close());

  /** How many pixels each canvas holds that are not transparent. */
  const inked = () =>
    browser.page.evaluate(`[...document.querySelectorAll("canvas")].map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
      return count;
    })`) as Promise<number[]>;
  const picture = () => browser.page.evaluate(`document.querySelector("canvas").toDataURL()`);

  it("draws every chart", async () => {
    const titles = await browser.page.locator("main h2").allTextContents();
    expect(titles).toContain("loss");
    expect(titles).toContain("tracking AUC");
    const counts = await inked();
    expect(counts.length).toBe(titles.length);
    for (const count of counts) expect(count).toBeGreaterThan(500);
  });

  it("smooths as the slider moves", async () => {
    const before = await picture();
    await browser.page.locator("#smoothing").fill("0");
    await browser.page.evaluate(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
    );
    expect(await picture()).not.toBe(before);
  });

  it("leaves no error on the console", () => {
    expect(browser.messages).toEqual([]);
  });
});
