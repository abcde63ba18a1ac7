import { mkdir, mkdtemp, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openEvalSet } from "../../datasets/open-eval-set.ts";
import { recordOf, writeRecord } from "../../runs/evaluation/run-record.ts";
import { synthesise } from "../../synth/synthesise.ts";
import { writeSequence } from "../../synth/write-sequence.ts";
import { exportArchives } from "../exports/index.ts";
import { readEvaluation } from "./read-run.ts";

let folder: string;
let clips: string;
let run: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-read-run-"));
  process.env.LORAT_CACHE = join(folder, "cache");
  clips = join(folder, "clips");
  for (const seed of [1, 2]) {
    await writeSequence(join(clips, `clip-${seed}`), synthesise(seed, { width: 96, height: 80, frames: 3 }));
  }
  run = join(folder, "run");
  await mkdir(join(run, "results"), { recursive: true });
  await mkdir(join(run, "times"), { recursive: true });
  const set = await openEvalSet({ dataset: `folder:${clips}` });
  const tracker = { kind: "model", name: "made/up", source: "made/up", fingerprint: "0" } as const;
  await writeRecord(run, await recordOf(set, tracker, 1));
  for (const name of ["clip-1", "clip-2"]) {
    await writeFile(join(run, "results", `${name}.txt`), "1.5,2.25,10,20\n2,3,10,20\n0,0,0,0\n");
    await writeFile(join(run, "times", `${name}.txt`), "0.01\n0.02\n0.03\n");
  }
});
afterAll(async () => {
  delete process.env.LORAT_CACHE;
  await rm(folder, { recursive: true, force: true });
});

it("gives an evaluation's boxes and times to the exports", async () => {
  const input = await readEvaluation(run);
  expect(input).toMatchObject({ tracker: "made/up", kind: "folder" });
  expect([...input.runs[0]![0]!.corners]).toEqual([1.5, 2.25, 11.5, 22.25, 2, 3, 12, 23, 0, 0, 0, 0]);
  const files = exportArchives("got10k", input).get("GOT10k-test.zip")!;
  expect(files.get("made-up/clip-2/clip-2_001.txt")).toBe(
    "1.0000,2.0000,11.0000,21.0000\n2.0000,3.0000,10.0000,20.0000\n0.0000,0.0000,0.0000,0.0000\n",
  );
  expect(files.get("made-up/clip-2/clip-2_time.txt")).toBe("0.01000000\n0.02000000\n0.03000000\n");
});

it("names what an unfinished evaluation lacks", async () => {
  const path = join(run, "results", "clip-2.txt");
  const text = await readFile(path, "utf8");
  await unlink(path);
  await expect(readEvaluation(run)).rejects.toMatchObject({ code: "EVAL_UNFINISHED", issues: ["clip-2"] });
  await writeFile(path, text);
});

it("refuses folders of other things, and datasets that have changed", async () => {
  await expect(readEvaluation(clips)).rejects.toMatchObject({ code: "EVAL_RECORD" });
  await writeSequence(join(clips, "clip-3"), synthesise(3, { width: 96, height: 80, frames: 3 }));
  await expect(readEvaluation(run)).rejects.toMatchObject({ code: "EVAL_CHANGED" });
});
