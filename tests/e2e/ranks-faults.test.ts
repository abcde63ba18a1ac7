import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../packages/core/src/random.ts";
import { type InstalledMpi, installedMpis, lorat } from "./support/mpi.ts";
import { lossesOf, writeConfigs } from "./support/rank-runs.ts";

const KILLS = 10;
const RANKS = 2;
const watch = fileURLToPath(new URL("../../packages/lorat/dist/mpi/watch-process.js", import.meta.url));
const seed = Number(process.env.LORAT_TEST_SEED ?? Date.now() % 100_000);

let folder: string;
let config: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-rank-faults-"));
  config = (await writeConfigs(folder, 100_000)).lora;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start({ mpirun, options }: InstalledMpi, out: string, resume: boolean) {
  const args = ["train", ...(resume ? ["--resume"] : []), config, "--out", out, "--threads", "1"];
  const child = spawn(mpirun, [
    ...[...options, "-n", String(RANKS), process.execPath, lorat, ...args],
    ...["--workers", "0", "--device", "cpu", "--checkpoint-seconds", "1"],
  ]);
  let stderr = "";
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  child.stdout.resume();
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return { child, ended, stderr: () => stderr };
}

/** Processes whose command line has this text, with the rank that a launcher gave them. */
async function processesWith(text: string): Promise<{ pid: number; rank: number | undefined }[]> {
  const found = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (!line.includes(text)) continue;
    const env = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    const rank = /(?:^|\0)(?:PMI_RANK|OMPI_COMM_WORLD_RANK)=(\d+)/.exec(env)?.[1];
    found.push({ pid: Number(name), rank: rank === undefined ? undefined : Number(rank) });
  }
  return found;
}

const steps = async (out: string) => (await lossesOf(out).catch(() => [])).length;

async function waitFor(what: () => Promise<boolean>, child: ChildProcess, said: () => string): Promise<void> {
  while (!(await what())) {
    if (child.exitCode !== null) throw new Error(`the job ended by itself: ${said()}`);
    await pause(50);
  }
}

describe.skipIf(installedMpis.length === 0)("a rank that is killed", () => {
  it(`ends the job with its name, leaves no process behind, and loses nothing (${KILLS} times, seed ${seed})`, async () => {
    const random = createRandom(seed);
    const out = join(folder, "killed");
    for (let kill = 0; kill < KILLS; kill++) {
      const mpi = installedMpis[kill % installedMpis.length]!;
      const before = await steps(out);
      const job = start(mpi, out, kill > 0);
      await waitFor(async () => (await steps(out)) > before, job.child, job.stderr);
      await pause(random.uniform(0, 1500));
      const ranks = (await processesWith(out)).filter(({ rank }) => rank !== undefined);
      const victim = random.choice(ranks);
      const began = performance.now();
      process.kill(victim.pid, "SIGKILL");
      await job.ended;
      expect(performance.now() - began).toBeLessThan(30_000);
      expect(job.stderr()).toMatch(new RegExp(`rank ${victim.rank} (of|with)`));
      if (mpi.name === "MPICH")
        expect(job.stderr()).toContain(`error[RANK_LOST]: rank ${victim.rank} of ${RANKS}`);
      const gone = async () => [...(await processesWith(out)), ...(await processesWith(watch))].length === 0;
      for (let waited = 0; !(await gone()) && waited < 10_000; waited += 100) await pause(100);
      expect(await gone()).toBe(true);
    }
    const killed = await lossesOf(out);
    const whole = join(folder, "whole");
    const job = start(installedMpis[0]!, whole, false);
    await waitFor(async () => (await steps(whole)) >= killed.length, job.child, job.stderr);
    // Passed on to the ranks: they stop and save.
    job.child.kill("SIGUSR2");
    await job.ended;
    expect(job.stderr()).not.toContain("RANK_LOST");
    const losses = await lossesOf(whole);
    expect(killed.length).toBeGreaterThan(KILLS);
    expect(losses.slice(0, killed.length)).toEqual(killed);
  }, 600_000);
});
