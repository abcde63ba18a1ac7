import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MetricsLog } from "./metrics-log.ts";
import type { RunRecord, StepRecord } from "./records.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-log-"));
  path = join(folder, "metrics.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const step = (number: number): StepRecord => ({
  step: number,
  loss: 1 / number,
  bce: 0.5,
  giou: 0.25,
  iou: 0.7,
  gradNorm: 3,
  learningRate: 1e-4,
  samplesPerSecond: 12,
  waitShare: 0.01,
  memoryMb: 512,
});
const validation = (at: number): RunRecord => ({
  kind: "validation",
  step: at,
  loss: 1,
  bce: 0.5,
  giou: 0.5,
  iou: 0.6,
});
const tracking = (at: number): RunRecord => ({
  kind: "tracking",
  step: at,
  auc: 0.5,
  sequences: { car: 0.5 },
});
const warning = (at: number): RunRecord => ({ kind: "warning", step: at, code: "X", message: "x" });

const lines = async () => (await readFile(path, "utf8")).trim().split("\n");
const records = async () => (await lines()).map((line) => JSON.parse(line) as RunRecord);

describe("MetricsLog", () => {
  it("lets a reader follow: records are in the file a moment later, without a flush", async () => {
    const log = new MetricsLog(path, { delayMs: 20 });
    log.add(step(1));
    await expect.poll(() => records().catch(() => []), { timeout: 5000 }).toEqual([step(1)]);
  });

  it("rewinds records of every kind, and the torn line of a crash", async () => {
    const before = [step(1), step(2), validation(2), tracking(2), warning(2), step(3), validation(3)];
    await writeFile(path, `${before.map((record) => JSON.stringify(record)).join("\n")}\n{"step":4,"lo`);
    const log = new MetricsLog(path);
    await log.rewind(2);
    expect(await records()).toEqual(before.slice(0, 5));
    log.add(step(3));
    await log.flush();
    expect(await records()).toEqual([...before.slice(0, 5), step(3)]);
  });

  it("writes event files beside it, a further one after a rewind, or none", async () => {
    const log = new MetricsLog(path);
    await log.rewind(0);
    log.add(step(1));
    await log.flush();
    await log.rewind(0);
    log.add(step(1));
    await log.flush();
    expect((await readdir(join(folder, "events"))).length).toBe(2);
    const quiet = join(folder, "quiet");
    await mkdir(quiet);
    const other = new MetricsLog(join(quiet, "metrics.jsonl"), { events: false });
    other.add(step(1));
    await other.flush();
    expect(await readdir(quiet)).toEqual(["metrics.jsonl"]);
  });

  it("keeps what could not be written and says so at the next call", async () => {
    const log = new MetricsLog(join(path, "metrics.jsonl"), { events: false });
    await writeFile(path, ""); // a file where a folder is needed
    log.add(step(1));
    await expect(log.flush()).rejects.toMatchObject({ code: "METRICS_WRITE" });
    expect(() => log.add(step(2))).toThrow(expect.objectContaining({ code: "METRICS_WRITE" }));
    await rm(path);
    await mkdir(path);
    log.add(step(3));
    await log.flush();
    const text = await readFile(join(path, "metrics.jsonl"), "utf8");
    expect(
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as StepRecord).step),
    ).toEqual([1, 3]);
  });
});
