import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROTOCOLS } from "@lorat/core/metrics";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildWorker } from "../../testing/built-worker.ts";
import { withFolder } from "../../testing/clips.ts";
import { DRIFT_MODULE, truthOf, writeSequences } from "../../testing/eval-sequences.ts";
import { TRAX_CHILD } from "../../testing/trax-child.ts";
import { type EvaluateOptions, evaluate } from "./evaluate.ts";
import { scoreRun } from "./score-run.ts";

const LENGTHS = { long: 12, middle: 8, short: 3 };

let root: string;
let release: () => void;
let ended: Promise<unknown>;
let dataset: string;
let folder: string;
let log: string;
let runs = 0;

beforeAll(async () => {
  await new Promise<void>((ready) => {
    ended = withFolder(async (path) => {
      root = path;
      dataset = await writeSequences(join(path, "data"), LENGTHS);
      await writeFile(join(path, "drift.mjs"), DRIFT_MODULE);
      const gone = new Promise<void>((resolve) => (release = resolve));
      ready();
      await gone;
    });
  });
});
afterAll(async () => {
  release();
  await ended;
});
beforeEach(() => {
  folder = join(root, `run-${runs++}`);
  log = `${folder}.log`;
  process.env.DRIFT_LOG = log;
});

const options = (more: Partial<EvaluateOptions> = {}): EvaluateOptions => ({
  dataset,
  tracker: { kind: "module", path: join(root, "drift.mjs") },
  folder,
  workers: 1,
  ...more,
});

const tracked = async () => (await readFile(log, "utf8").catch(() => "")).split("\n").length - 1;

/** Every file of a run and its text, times left out. */
async function filesOf(run: string): Promise<Record<string, string>> {
  const entries = await readdir(run, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = paths.sort().map(async (path) => {
    const text = await readFile(path, "utf8");
    const name = path.slice(run.length + 1);
    return [name, name.startsWith("times") ? `${text.split("\n").length} lines` : text] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

describe("evaluate", () => {
  it("writes a line of each kind for every frame", async () => {
    const { finished, plan, tasks } = await evaluate(options());
    expect({ finished, tasks }).toEqual({ finished: true, tasks: 3 });
    expect(plan).toMatchObject({ tasks: 3, finished: 0, frames: 23, workers: 1 });
    const files = await filesOf(folder);
    expect(Object.keys(files)).toHaveLength(3 * 3 + 1);
    for (const [name, frames] of Object.entries(LENGTHS)) {
      expect(files[`results/${name}.txt`]).toBe(truthOf(frames));
      expect(files[`scores/${name}.txt`]).toBe(`1.000000\n${"0.500000\n".repeat(frames - 1)}`);
      expect(files[`times/${name}.txt`]).toBe(`${frames + 1} lines`);
    }
    const record = JSON.parse(files["run.json"]!) as object;
    expect(record).toMatchObject({
      dataset: { kind: "folder", sequences: 3, frames: 23 },
      tracker: { name: "drift", kind: "module" },
      repeat: 1,
    });
  });

  it("does not run what is finished, starts over what is not, and ends with the same files", async () => {
    await evaluate(options());
    const whole = await filesOf(folder);
    const before = await tracked();
    await evaluate(options());
    expect(await tracked()).toBe(before);

    await rm(join(folder, "results", "middle.txt"));
    await writeFile(join(folder, "results", "long.txt"), "1,2,3,4\n");
    await writeFile(join(folder, "results", "middle.txt.4711.partial"), "1,2");
    await writeFile(join(folder, "lock.json.4711"), "{");
    await writeFile(
      join(folder, "lock.json"),
      JSON.stringify({ pid: 2 ** 22 + 1, host: "elsewhere?" }).slice(9),
    );
    const { plan } = await evaluate(options());
    expect(plan).toMatchObject({ finished: 1, frames: LENGTHS.long + LENGTHS.middle });
    expect(await tracked()).toBe(before + LENGTHS.long + LENGTHS.middle - 2);
    expect(await filesOf(folder)).toEqual(whole);
  });

  it("stops when it is asked to, and goes on", async () => {
    const stop = new AbortController();
    const onProgress = ({ tasks }: { tasks: number }) => tasks === 1 && stop.abort();
    const stopped = await evaluate(options({ signal: stop.signal, onProgress }));
    expect(stopped).toMatchObject({ finished: false, tasks: 1 });
    expect(Object.keys(await filesOf(folder))).toHaveLength(4);
    expect(await evaluate(options())).toMatchObject({ finished: true, plan: { finished: 1 } });
  });

  it("refuses to mix results of something else, naming the differences", async () => {
    await evaluate(options({ sequences: ["short"] }));
    const other = join(root, "other.mjs");
    await writeFile(other, `${DRIFT_MODULE}//`);
    const changed = evaluate(options({ tracker: { kind: "module", path: other }, repeat: 2 }));
    await expect(changed).rejects.toMatchObject({
      code: "EVAL_CHANGED",
      issues: expect.arrayContaining([
        "sequences: 1 in the folder, 3 now",
        'tracker: "drift" in the folder, "other" now',
        "repeat: 1 in the folder, 2 now",
      ]),
    });
    const strange = join(root, "strange");
    await mkdir(strange);
    await writeFile(join(strange, "letter.txt"), "");
    await expect(evaluate(options({ folder: strange }))).rejects.toMatchObject({
      code: "EVAL_FOLDER",
      message: expect.stringContaining("letter.txt"),
    });
    await writeFile(join(strange, "run.json"), "{}");
    await expect(evaluate(options({ folder: strange }))).rejects.toMatchObject({ code: "EVAL_RECORD" });
  });

  it("runs several times and scores each and their mean", async () => {
    await evaluate(options({ repeat: 2, sequences: ["short", "long"] }));
    const files = Object.keys(await filesOf(folder));
    expect(files).toContain("results/run_001/short.txt");
    expect(files).toContain("times/run_002/long.txt");
    // The second run of one sequence is spoilt, to see it in the figures.
    await writeFile(join(folder, "results/run_002/short.txt"), "500,500,9,9\n".repeat(3));
    const { set } = await evaluate(options({ repeat: 2, sequences: ["short", "long"] }));
    const { mean, runs: each } = (await scoreRun(folder, set.annotations, PROTOCOLS.stark))!;
    const [first, second] = each.map(({ overall }) => overall.scores.ao);
    expect(first).toBeCloseTo(1, 6);
    expect(second).toBeCloseTo(0.5, 6);
    expect(mean.overall.scores.ao).toBeCloseTo(0.75, 6);
    expect(mean.tracker).toBe("drift");
    expect(mean.framesPerSecond).toBeGreaterThan(0);
  });

  it("tells of sequences that fail after the others are done", async () => {
    const data = join(root, "broken");
    await writeSequences(data, { a: 3, b: 4, c: 2 });
    await writeFile(join(data, "b", "0003.jpg"), "no picture");
    const broken = { dataset: `folder:${data}` };
    const { set, failure } = await evaluate(options(broken));
    expect(failure).toMatchObject({ code: "IMAGE_DECODE_FAILED", message: expect.stringContaining("b: ") });
    const { mean } = (await scoreRun(folder, set.annotations, PROTOCOLS.stark, { allowMissing: true }))!;
    expect(mean.sequences.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(mean.notes).toEqual(["1 of 3 sequences without results, left out: b"]);
    expect(Object.keys(await filesOf(join(folder, "results")))).toEqual(["a.txt", "c.txt"]);
    await writeFile(join(data, "c", "0001.jpg"), "none either");
    await rm(join(folder, "results", "c.txt"));
    expect((await evaluate(options(broken))).failure).toMatchObject({
      message: expect.stringContaining("2 of 2 runs over sequences failed; 1 of 3 are finished"),
      issues: [expect.stringContaining("b: "), expect.stringContaining("c: ")],
    });
  });

  it("says once that a tracker cannot be opened", async () => {
    await writeFile(join(root, "none.mjs"), "export const nothing = 1;");
    const run = evaluate(options({ tracker: { kind: "module", path: join(root, "none.mjs") } }));
    await expect(run).rejects.toMatchObject({ code: "TRACKER_MODULE", issues: [] });
  });

  it("drives a program over TraX, anew for each sequence", async () => {
    const child = join(root, "trax-child.cjs");
    await writeFile(child, TRAX_CHILD);
    const command = `"${process.execPath}" "${child}" v4`;
    await evaluate(options({ tracker: { kind: "command", command }, sequences: ["long", "short"] }));
    const { x, y, width, height } = { x: 20, y: 30, width: 24, height: 20 };
    const first = `${x},${y},${width},${height}`;
    const lines = (await readFile(join(folder, "results", "short.txt"), "utf8")).trim().split("\n");
    expect(lines).toEqual([first, "2,5,10,10", "3,5,10,10"]);
    expect(await readFile(join(folder, "scores", "short.txt"), "utf8")).toBe(
      "1.000000\n0.750000\n0.750000\n",
    );

    const dies = { kind: "command" as const, command: `"${process.execPath}" "${child}" dies` };
    await expect(evaluate(options({ folder: `${folder}-2`, tracker: dies }))).rejects.toMatchObject({
      code: "TRAX_ENDED",
    });
  });

  it("writes an empty box where a program reports none, and before the first box", async () => {
    const child = join(root, "trax-child.cjs");
    await writeFile(child, TRAX_CHILD);
    const data = join(root, "late");
    await writeSequences(data, { late: 5 });
    await writeFile(join(data, "late", "groundtruth.txt"), `0,0,0,0\n${truthOf(4, 1)}`);
    const command = `"${process.execPath}" "${child}" v1`;
    await evaluate(options({ dataset: `folder:${data}`, tracker: { kind: "command", command } }));
    const lines = (await readFile(join(folder, "results", "late.txt"), "utf8")).trim().split("\n");
    expect(lines).toEqual(["0,0,0,0", "21,31,24,20", "1,5,10,10", "0,0,0,0", "2,5,10,10"]);
  });

  describe("in threads", () => {
    let worker: Awaited<ReturnType<typeof buildWorker>>;
    beforeAll(async () => {
      worker = await buildWorker(new URL("./eval-worker.ts", import.meta.url));
    });
    afterAll(() => worker.remove());

    it("gives the files that one thread gives, with a network too", async () => {
      // By its path: the bundled worker lies elsewhere than the package.
      const nano = fileURLToPath(new URL("../../../../../models/nano", import.meta.url));
      const model = { kind: "model" as const, model: nano, device: "cpu" as const };
      const one = join(root, "one-thread");
      await evaluate(options({ tracker: model, folder: one }));
      const many = await evaluate(options({ tracker: model, workers: 3, workerFile: worker.file }));
      expect(many).toMatchObject({ finished: true, plan: { workers: 3 } });
      expect(await filesOf(folder)).toEqual(await filesOf(one));
    });

    it("stops, and tells errors", async () => {
      const threads = { workers: 2, workerFile: worker.file };
      const stop = new AbortController();
      const onProgress = ({ tasks }: { tasks: number }) => tasks === 1 && stop.abort();
      const stopped = await evaluate(options({ ...threads, signal: stop.signal, onProgress }));
      expect(stopped.tasks).toBeGreaterThanOrEqual(1);
      const none = {
        kind: "module" as const,
        path: fileURLToPath(new URL("../../datasets/eval-sequence.ts", import.meta.url)),
      };
      await expect(
        evaluate(options({ ...threads, folder: `${folder}-2`, tracker: none })),
      ).rejects.toMatchObject({ code: "TRACKER_MODULE", hint: expect.stringContaining("init") });
    });
  });
});
