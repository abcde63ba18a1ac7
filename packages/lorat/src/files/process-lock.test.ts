import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tryLock } from "./process-lock.ts";
import { isRunning, startOf } from "./running-process.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-lock-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("is held by a process that runs, and let go by it", async () => {
  const path = join(folder, "own");
  const { release } = await tryLock(path);
  expect(await tryLock(path)).toMatchObject({ holder: { pid: process.pid } });
  await release!();
  expect((await tryLock(path)).release).toBeDefined();
});

const noProc = process.platform === "linux" ? "" : " (skipped: zombies are told by Linux alone)";
it.skipIf(noProc)(
  `is taken over from a process that ended and whose parent never asked${noProc}`,
  async () => {
    // The shell starts a child and becomes a program that never waits for it.
    const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 30"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [line] = (await once(parent.stdout!, "data")) as [Buffer];
      const pid = Number(line.toString());
      expect(await isRunning(pid)).toBe(true);
      const path = join(folder, "zombie");
      await writeFile(path, JSON.stringify({ pid, host: hostname(), started: await startOf(pid) }));
      expect(await tryLock(path)).toMatchObject({ holder: { pid } });
      for (let waited = 0; (await isRunning(pid)) && waited < 10_000; waited += 20) await pause(20);
      expect(process.kill(pid, 0)).toBe(true); // its number is still taken
      expect((await tryLock(path)).release).toBeDefined();
    } finally {
      parent.kill("SIGKILL");
    }
  },
);
