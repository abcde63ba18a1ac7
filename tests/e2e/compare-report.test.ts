import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrowserPage, chromiumPath, hasChromium, openPage } from "./support/chromium.ts";

const main = fileURLToPath(new URL("../../packages/lorat/dist/cli/main.js", import.meta.url));
const lorat = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args]);

const FRAMES = 30;
const names = ["car-2", "boat-4", "dog-7"];
const truth = (frame: number) => [20 + 2 * frame, 30 + frame, 40, 30];
/** Trackers that drift by so many pixels a frame. */
const trackers: Record<string, number> = { steady: 0.2, drifting: 2, lost: 9 };
const lines = (line: (frame: number) => string) =>
  Array.from({ length: FRAMES }, (_, i) => `${line(i)}\n`).join("");

let folder: string;
let report: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-compare-"));
  report = join(folder, "report.html");
  const write = async (path: string, content: string | Buffer) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const picture = await sharp({ create: { width: 160, height: 120, channels: 3, background: "#446" } })
    .jpeg()
    .toBuffer();
  for (const [k, name] of names.entries()) {
    const boxes = lines((frame) => truth(frame).join(","));
    await write(`pictures/${name}/groundtruth.txt`, boxes);
    for (let frame = 0; frame < FRAMES; frame++) {
      await write(`pictures/${name}/${String(frame + 1).padStart(4, "0")}.jpg`, picture);
    }
    await write(`toolkit/annos/${name}.txt`, boxes);
    const flags = Array.from({ length: 14 }, (_, i) => ((i + k) % 3 === 0 ? 0 : 1));
    await write(`toolkit/attributes/${name}.txt`, flags.join(","));
    for (const [tracker, drift] of Object.entries(trackers)) {
      const guess = (frame: number) =>
        truth(frame).map((value, i) => value + (i < 2 ? drift * frame * (1 + k / 4) : 0));
      await write(
        `results/${tracker}/${name}.txt`,
        lines((frame) => guess(frame).join("\t")),
      );
      await write(
        `results/${tracker}/${name}_time.txt`,
        lines(() => String(0.01 + drift / 100)),
      );
    }
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const args = () => [
  "compare",
  ...["--dataset", `folder:${join(folder, "pictures")}`, `lasot:${join(folder, "toolkit")}`],
  ...["--results", join(folder, "results")],
];

describe("lorat compare", () => {
  it("prints one table of all trackers over all datasets, and writes the page", async () => {
    const { stdout } = await lorat(...args(), "--published", "--html", report);
    expect(stdout).toMatch(/LaSOT/);
    expect(stdout).toMatch(/LoRAT-L-378 \* +- +- +- +75\.1/);
    const row = (name: string) => new RegExp(`^${name} +([\\d.]+)`, "m").exec(stdout)?.[1];
    expect(Number(row("steady"))).toBeGreaterThan(Number(row("drifting")));
    expect(Number(row("drifting"))).toBeGreaterThan(Number(row("lost")));
    expect(stdout).toMatch(/^protocol toolkit, version \d/m);
  });

  it("writes the table as Markdown, LaTeX, CSV and JSON", async () => {
    const form = async (name: string) => (await lorat(...args(), "--format", name)).stdout;
    expect(await form("markdown")).toMatch(/\| steady \| \*\*[\d.]+\*\* \|/);
    expect(await form("latex")).toMatch(/steady & \\textbf\{[\d.]+\} & /);
    expect(await form("csv")).toMatch(/^steady,scored,[\d.]+,/m);
    const json = JSON.parse((await lorat(...args(), "--json")).stdout);
    expect(Object.keys(json.trackers).sort()).toEqual(Object.keys(trackers).sort());
    expect(json.table.rows).toHaveLength(3);
  });

  it("does not replace a page unless told to", async () => {
    await expect(lorat(...args(), "--html", report)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("error[OUTPUT_EXISTS]"),
    });
  });
});

const skipped = !hasChromium && !process.env.CI;
if (skipped) console.warn(`skipped: there is no Chromium at ${chromiumPath} (LORAT_CHROMIUM names another)`);

describe.skipIf(skipped)("the comparison's page in Chromium, from the disk", () => {
  let browser: BrowserPage;
  beforeAll(async () => {
    browser = await openPage(pathToFileURL(report).href);
    await browser.page.waitForSelector("section canvas");
  });
  afterAll(() => browser?.close());

  it("draws three plots for each dataset, with legends ranked by score", async () => {
    const counts = (await browser.page.evaluate(`[...document.querySelectorAll("canvas")].map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
      return count;
    })`)) as number[];
    expect(counts).toHaveLength(6);
    for (const count of counts) expect(count).toBeGreaterThan(500);
    const legend = await browser.page.locator("#success-0 .u-series .u-label").allTextContents();
    expect(legend.slice(1).map((label) => label.replace(/^\[[\d.]+\] /, ""))).toEqual([
      "steady",
      "drifting",
      "lost",
    ]);
  });

  it("shows attributes, speed, and failures with their pictures", async () => {
    const { page } = browser;
    expect(await page.locator("svg[aria-label='SUC by attribute'] polygon[fill-opacity]").count()).toBe(3);
    expect(await page.locator("svg[aria-label='speed against accuracy']").count()).toBe(2);
    const widths = (await page.evaluate(
      `[...document.querySelectorAll("figure img")].map((image) => image.naturalWidth)`,
    )) as number[];
    expect(widths.length).toBeGreaterThan(0);
    for (const width of widths) expect(width).toBe(320);
  });

  it("sorts and filters the sequences", async () => {
    const { page } = browser;
    const table = page.locator("table.sequences").first();
    const shown = () => table.locator("tbody tr:visible td:first-child").allTextContents();
    const scores = () => table.locator("tbody tr td:nth-child(4)").allTextContents();
    await table.locator("th").nth(3).click();
    const down = (await scores()).map(Number);
    expect(down).toEqual([...down].sort((a, b) => b - a));
    await table.locator("th").nth(3).click();
    expect((await scores()).map(Number)).toEqual([...down].reverse());
    await page.locator("#filter-0").fill("DOG");
    expect(await shown()).toEqual(["dog-7"]);
    await page.locator("#filter-0").fill("");
    expect(await shown()).toHaveLength(names.length);
  });

  it("asks for nothing from outside, and leaves no error on the console", async () => {
    const text = await readFile(report, "utf8");
    expect(text).not.toMatch(/(src|href)="(?!data:)/);
    expect(browser.messages).toEqual([]);
  });
});
