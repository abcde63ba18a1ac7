import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DRIFT_MODULE, writeSequences } from "../../packages/lorat/src/testing/eval-sequences.ts";
import { ended, installedMpis, lorat, onRanks } from "./support/mpi.ts";

const LENGTHS = { a: 14, b: 9, c: 12, d: 5, e: 10 };
let folder: string;
let dataset: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-ranks-eval-"));
  dataset = await writeSequences(join(folder, "data"), LENGTHS);
  // Which process tracks a frame of which sequence, in their order.
  const logged = DRIFT_MODULE.replace(
    "last = { ...last,",
    "await new Promise((go) => setTimeout(go, 20)); (await import('node:fs')).appendFileSync(process.env.WHO_LOG, process.pid + String.fromCharCode(10)); last = { ...last,",
  );
  expect(logged).not.toBe(DRIFT_MODULE);
  await writeFile(join(folder, "drift.mjs"), logged);
  await run("one", (args, more) => ended(process.execPath, [lorat, ...args], more));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Start = (
  args: readonly string[],
  more: { env: NodeJS.ProcessEnv },
) => Promise<{ status: number; stderr: string; stdout: string }>;

async function run(name: string, start: Start) {
  const args = ["eval", "--dataset", dataset, "--tracker", join(folder, "drift.mjs"), "--device", "cpu"];
  const more = { env: { ...process.env, WHO_LOG: join(folder, `${name}.log`) } };
  const result = await start([...args, "--out", join(folder, name)], more);
  expect([result.status, result.stderr.match(/error.*/g)]).toEqual([0, null]);
  return result;
}

/** Result and score files with their bytes. */
async function files(name: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const kind of ["results", "scores"]) {
    for (const file of (await readdir(join(folder, name, kind))).sort()) {
      found[`${kind}/${file}`] = await readFile(join(folder, name, kind, file), "utf8");
    }
  }
  return found;
}

const trackers = async (name: string) =>
  (await readFile(join(folder, `${name}.log`), "utf8").catch(() => "")).trim().split("\n").filter(Boolean);

describe.each(installedMpis)("evaluation on 4 ranks of $name", (mpi) => {
  const name = mpi.name.replace(" ", "");

  it("writes the files of one process, byte for byte, and shares the work", async () => {
    const { stdout } = await run(name, (args, more) => onRanks(mpi, 4, args, more));
    const one = await files("one");
    expect(Object.keys(one)).toHaveLength(2 * Object.keys(LENGTHS).length);
    expect(await files(name)).toEqual(one);
    expect(new Set(await trackers(name)).size).toBeGreaterThan(1);
    // Scores are printed once, by the first rank.
    expect(stdout.match(/drift/g)?.length).toBe(1);
  });

  it("does not do again what is finished", async () => {
    await rm(join(folder, name, "results", "b.txt"));
    await rm(join(folder, `${name}.log`));
    await run(name, (args, more) => onRanks(mpi, 2, args, more));
    expect(await files(name)).toEqual(await files("one"));
    expect(await trackers(name)).toHaveLength(LENGTHS.b - 1);
  });
});
