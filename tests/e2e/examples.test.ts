import { execFile } from "node:child_process";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs an example as its first lines say; gives what it prints. */
async function example(name: string, ...args: string[]): Promise<string> {
  const script = ["scripts/run.mjs", `examples/${name}.ts`, ...args];
  return (await promisify(execFile)(process.execPath, script, { cwd: root })).stdout;
}

it("01: tracks a video", async () => {
  const lines = (await example("01-track-a-video")).trim().split("\n");
  expect(lines).toHaveLength(150);
  expect(lines[0]).toBe("0: 64.9 x 27.9 at 131.9, 242.4  1.00 tracked");
  expect(lines[30]).toMatch(/^30: [\d.]+ x [\d.]+ at [\d.-]+, [\d.-]+ {2}0\.\d+ (tracked|uncertain|lost)$/);
}, 120_000);

it("02: tracks several objects, 03: differentiates a graph", async () => {
  const boxes = ["131.9,242.4,64.9,27.9", "340,60,40,40"];
  expect(await example("02-several-targets", "examples/clip/clip.mp4", ...boxes)).not.toBe("");
  expect(await example("03-differentiate-a-graph")).not.toBe("");
}, 120_000);

it("04 and 07: trains, and exports what was trained", async () => {
  const run = join(folder, "run");
  const text = await example("04-train", run, "2");
  expect(text).toMatch(/step 2: loss [\d.]+, IoU [\d.]+\nfinished after 2 steps/);
  expect(await example("07-export", run)).toContain("step 2: ");
  await access(join(run, "exported", "model.json"));
  await access(join(run, "network.onnx"));
}, 240_000);

it("05 and 06: evaluates, and scores the result files", async () => {
  const place = join(folder, "evaluation");
  expect(await example("05-evaluate", place)).toContain("2 sequences finished");
  const text = await example("06-score", `folder:${join(place, "clips")}`, join(place, "run", "results"));
  expect(Number(/success AUC ([\d.]+) over 2 sequences/.exec(text)?.[1])).toBeGreaterThan(50);
}, 240_000);
