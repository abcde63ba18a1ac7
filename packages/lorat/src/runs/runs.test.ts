import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nanoPreset } from "../train/presets/nano.ts";
import { runCharts } from "./charts.ts";
import { runReport } from "./html-report.ts";
import { findRuns, readRun } from "./read-run.ts";
import type { RunRecord, StepRecord } from "./records.ts";
import { runWarnings, summariseRun } from "./summary.ts";

const step = (number: number, changes: Partial<StepRecord> = {}): StepRecord => ({
  step: number,
  loss: 2 / number,
  bce: 1 / number,
  giou: 1 / number,
  iou: 0.5,
  gradNorm: 3,
  learningRate: 1e-4,
  samplesPerSecond: 12,
  waitShare: 0.01,
  memoryMb: 512,
  ...changes,
});

let folder: string;
async function writeRun(name: string, records: readonly RunRecord[], rest = ""): Promise<string> {
  const run = join(folder, name);
  await mkdir(join(run, "checkpoints"), { recursive: true });
  await writeFile(join(run, "config.json"), JSON.stringify(nanoPreset({ steps: 10 })));
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join("");
  await writeFile(join(run, "metrics.jsonl"), lines + rest);
  return run;
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-runs-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("readRun", () => {
  it("reads a live run, whose last line is not whole yet", async () => {
    const path = await writeRun("live", [step(1), step(2)], '{"step":3,"loss":0.');
    const live = await readRun(path);
    expect(live.steps.map((record) => record.step)).toEqual([1, 2]);
    expect(live.unreadableLines).toBe(0);
    expect(live.config?.name).toBe("nano");
    await appendFile(join(path, "metrics.jsonl"), `5,"iou":1}\n${JSON.stringify(step(4))}`);
    expect((await readRun(path)).steps.map((record) => record.step)).toEqual([1, 2, 3, 4]);
  });

  it("takes the later of two records of a step, and counts what cannot be read", async () => {
    const records: RunRecord[] = [step(1), step(2), step(1, { loss: 7 })];
    const run = await readRun(await writeRun("twice", records, 'torn\n{"no":"step"}\nnull\n'));
    expect(run.steps.map(({ loss }) => loss)).toEqual([7, 1]);
    expect(run.unreadableLines).toBe(3);
  });

  it("reads numbers that were not finite as such", async () => {
    const run = await readRun(await writeRun("nan", [step(1), step(2, { loss: Number.NaN })]));
    expect(run.steps[1]!.loss).toBeNaN();
    expect(runWarnings(run)).toEqual(["steps without a finite loss or gradient: 1, the first is 2"]);
    expect(summariseRun(run).loss).toBe(2);
  });

  it("says where no run is", async () => {
    await expect(readRun(join(folder, "none"))).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    await expect(findRuns(join(folder, "none"))).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });
});

describe("findRuns", () => {
  it("finds runs below a folder", async () => {
    await writeRun("deep/er/one", [step(1)]);
    expect(await findRuns(folder)).toContain(join(folder, "deep", "er", "one"));
  });
});

describe("runCharts and runReport", () => {
  const records: RunRecord[] = [
    ...Array.from({ length: 10 }, (_, i) => step(i + 1)),
    { kind: "validation", step: 5, loss: 1, bce: 0.5, giou: 0.5, iou: 0.6 },
    { kind: "tracking", step: 10, auc: 0.55, sequences: { "<car>": 0.4 } },
    { kind: "warning", step: 3, code: "X", message: "</script><b>" },
  ];

  it("draw what there are numbers for, runs overlaid", async () => {
    const a = await readRun(await writeRun("a", records));
    const b = await readRun(await writeRun("b", records.slice(0, 4)));
    const titles = runCharts([a]).map(({ title }) => title);
    expect(titles).toContain("tracking AUC");
    expect(titles).not.toContain("loss scale");
    const loss = runCharts([a, b]).find(({ title }) => title === "loss")!;
    expect(loss.series.map(({ label }) => label)).toEqual(["a loss", "a validation", "b loss"]);
    expect(loss.series[1]).toMatchObject({ x: [5], y: [1] });
    expect(runCharts([a], { points: 4 })[0]!.series[0]!.x.length).toBeLessThanOrEqual(6);
  });

  it("hold everything in one file that asks for nothing else", async () => {
    const page = await runReport([await readRun(await writeRun("page", records))]);
    expect(page).not.toMatch(/(?:src|href)\s*=\s*"(?!data:)/);
    expect(page).not.toMatch(/@import|url\((?!["']?data:)/);
    expect(page.match(/<\/script/g)!.length).toBe(3);
    expect(page).toContain("&lt;car&gt;");
    expect(page).toContain("step 3: X: &lt;/script&gt;&lt;b&gt;");
  });
});
