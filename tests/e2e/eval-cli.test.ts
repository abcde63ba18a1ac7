import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../packages/core/src/random.ts";
import { DRIFT_MODULE, writeSequences } from "../../packages/lorat/src/testing/eval-sequences.ts";

const main = fileURLToPath(new URL("../../packages/lorat/dist/cli/main.js", import.meta.url));
const nano = fileURLToPath(new URL("../../models/nano/model.json", import.meta.url));
const withNano = existsSync(nano);
if (!withNano) console.warn(`skipped: the model nano is not there: ${nano}`);

const LENGTHS = { a: 14, b: 9, c: 12, d: 5, e: 10 };
const KILLS = 5;
const seed = Number(process.env.LORAT_TEST_SEED ?? Date.now() % 100_000);

let folder: string;
let dataset: string;

beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`${main} is missing: build first (npm run build)`);
  folder = await mkdtemp(join(tmpdir(), "lorat-eval-"));
  dataset = await writeSequences(join(folder, "data"), LENGTHS);
  await writeFile(join(folder, "drift.ts"), `${DRIFT_MODULE}\nconst unused: number = 1;\n`);
  const slow = DRIFT_MODULE.replace(
    "last = { ...last,",
    "await new Promise((go) => setTimeout(go, 100)); last = { ...last,",
  );
  await writeFile(join(folder, "slow.mjs"), slow);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [main, "eval", "--dataset", dataset, ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
  return { child, ended, heard: () => stderr };
}

const run = (args: readonly string[]) => start(args).ended;

/** Every file of a run with its text; of times, which no two runs share, the number of lines. */
async function filesOf(out: string): Promise<Record<string, string | number>> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files: Record<string, string | number> = {};
  for (const path of paths.sort()) {
    const name = path.slice(out.length + 1);
    const text = await readFile(path, "utf8");
    files[name] = name.startsWith("times") ? text.split("\n").length : text;
  }
  return files;
}

describe("lorat eval", () => {
  it("runs a TypeScript module, scores it as JSON, and has nothing to do the second time", async () => {
    const args = ["--tracker", join(folder, "drift.ts"), "--out", join(folder, "drift"), "--json"];
    for (const before of ["", "all finished before"]) {
      const { status, stdout, stderr } = await run(args);
      expect(stderr).toContain(before);
      expect(status).toBe(0);
      const score = JSON.parse(stdout) as Record<string, unknown>;
      expect(score).toMatchObject({
        suc: expect.closeTo(95.24, 1),
        ao: 100,
        protocol: "toolkit",
        tracker: "drift",
      });
      expect(Object.keys(score.sequences as object)).toEqual(Object.keys(LENGTHS));
      expect(score.framesPerSecond).toBeGreaterThan(0);
    }
  });

  it("stops at Ctrl-C with 130 and says how to go on", async () => {
    const args = ["--tracker", join(folder, "slow.mjs"), "--out", join(folder, "slow"), "--parallel", "2"];
    const { child, ended, heard } = start(args);
    while (!heard().includes("at a time")) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill("SIGINT");
    const { status, stderr, stdout } = await ended;
    expect(status).toBe(130);
    expect(stderr).toMatch(/stopped: \d of 5 runs over sequences are finished/);
    expect(stderr).toContain(`go on with the same command: lorat eval --dataset ${dataset}`);
    expect(stdout).toBe("");
    const left = await filesOf(join(folder, "slow"));
    expect(Object.keys(left).filter((name) => /partial|lock/.test(name))).toEqual([]);
    const again = await run(args);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain("protocol toolkit, version");
    expect(Object.keys(await filesOf(join(folder, "slow")))).toHaveLength(3 * 5 + 1);
  });

  it("refuses what cannot be meant", async () => {
    const tracker = await run(["--tracker", "x", "--adapter", "y", "--out", join(folder, "no")]);
    expect(tracker.status).toBe(2);
    const none = await run(["--model", "unknown", "--out", join(folder, "no")]);
    expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining("MODEL_UNKNOWN") });
    const count = await run(["--parallel", "0", "--out", join(folder, "no")]);
    expect(count).toMatchObject({ status: 2, stderr: expect.stringContaining("whole number") });
    expect(existsSync(join(folder, "no"))).toBe(false);
  });
});

describe.skipIf(!withNano)("lorat eval of nano", () => {
  it(`ends with the same files however often it is killed (seed ${seed})`, async () => {
    const args = (out: string) => ["--device", "cpu", "--threads", "1", "--out", join(folder, out)];
    expect((await run(args("whole"))).status).toBe(0);

    const out = join(folder, "killed");
    const count = async () => (await readdir(out, { recursive: true }).catch(() => [])).length;
    const random = createRandom(seed);
    let kills = 0;
    for (let i = 0; i < KILLS; i++) {
      const { child, ended } = start([...args("killed"), "--parallel", String(1 + (i % 2))]);
      let isOver = false;
      const over = ended.then(({ status }) => {
        isOver = true;
        if (status === null) kills++;
      });
      // At some number of files more than there are, and a moment later.
      const until = (await count()) + 1 + random.integer(4);
      while (!isOver && (await count()) < until) await new Promise((resolve) => setTimeout(resolve, 2));
      await new Promise((resolve) => setTimeout(resolve, random.uniform(0, 60)));
      child.kill("SIGKILL");
      await over;
    }
    expect(kills).toBeGreaterThan(0);
    expect((await run(args("killed"))).status).toBe(0);
    expect(await filesOf(join(folder, "killed"))).toEqual(await filesOf(join(folder, "whole")));
  });

  it("gives the same boxes through TraX, rounded to pixels, with --repeat", async () => {
    const out = join(folder, "trax");
    const command = `"${process.execPath}" "${main}" vot trax --model nano --device cpu`;
    const args = ["--sequences", "d", "--repeat", "2", "--json", "--out", out];
    const { status, stdout, stderr } = await run([...args, "--tracker", command]);
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
    const score = JSON.parse(stdout) as { suc: number; repeats: { suc: number }[] };
    expect(score.repeats.map(({ suc }) => suc)).toEqual([score.suc, score.suc]);
    const boxes = async (path: string) =>
      (await readFile(path, "utf8"))
        .trim()
        .split("\n")
        .map((line) => line.split(",").map(Number));
    const [own, other] = [
      await boxes(join(folder, "whole/results/d.txt")),
      await boxes(join(out, "results/run_002/d.txt")),
    ];
    const furthest = own.flatMap((box, i) => box.map((value, k) => Math.abs(value - other[i]![k]!)));
    expect(Math.max(...furthest)).toBeLessThan(2);
  });
});
