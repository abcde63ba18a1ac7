import { execFileSync, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedMpis, lorat } from "./support/mpi.ts";
import { lossesOf, writeConfigs } from "./support/rank-runs.ts";

/** Two namespaces of the network with addresses of their own, on one bridge. Names that no other test run has. */
const id = `lr${process.pid.toString(36)}`;
const names = [1, 2].map((k) => `${id}n${k}`);
const links = [1, 2].map((k) => `${id}v${k}`);
const bridge = `${id}br`;
const net = `10.${60 + (process.pid % 100)}.7`;
const ip = (line: string) => execFileSync("ip", line.split(" "), { stdio: "pipe" });

/** Why namespaces cannot be made here; undefined where they can. */
function obstacle(): string | undefined {
  if (!installedMpis.some(({ name }) => name === "MPICH")) return "MPICH is not installed";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  try {
    ip(`netns add ${id}try`);
    ip(`netns del ${id}try`);
    return undefined;
  } catch {
    return "network namespaces cannot be made here (ip netns)";
  }
}

const reason = obstacle();
if (reason) console.log(`ranks on a network that breaks: skipped, since ${reason}`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-rank-network-"));
  if (reason) return;
  ip(`link add ${bridge} type bridge`);
  ip(`addr add ${net}.254/24 dev ${bridge}`);
  ip(`link set ${bridge} up`);
  for (const k of [0, 1]) {
    ip(`netns add ${names[k]}`);
    ip(`link add ${links[k]} type veth peer name eth0 netns ${names[k]}`);
    ip(`link set ${links[k]} master ${bridge} up`);
    ip(`-n ${names[k]} addr add ${net}.${k + 1}/24 dev eth0`);
    ip(`-n ${names[k]} link set eth0 up`);
    ip(`-n ${names[k]} link set lo up`);
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  if (reason) return;
  for (const name of names) ip(`netns del ${name}`);
  ip(`link del ${bridge}`);
});

describe.skipIf(reason !== undefined)("ranks in network namespaces of their own", () => {
  it("end with the rank named when one is cut off in the middle of the work", async () => {
    const { lora } = await writeConfigs(folder, 100_000);
    // Stands for ssh: the last number of the host's address tells the namespace.
    const agent = join(folder, "agent");
    await writeFile(
      agent,
      `#!/bin/sh\nwhile [ "\${1#-}" != "$1" ]; do shift; done\nk=\${1##*.}; shift\nexec ip netns exec ${id}n$k sh -c "$*"\n`,
    );
    await chmod(agent, 0o755);
    const out = join(folder, "run");
    const hosts = [1, 2].map((k) => `${net}.${k}`).join(",");
    const child = spawn("/usr/bin/mpiexec.mpich", [
      ...[
        "-launcher",
        "ssh",
        "-launcher-exec",
        agent,
        "-localhost",
        `${net}.254`,
        "-hosts",
        hosts,
        "-n",
        "2",
      ],
      ...[process.execPath, lorat, "train", lora, "--out", out],
      ...["--threads", "1", "--workers", "0", "--device", "cpu", "--checkpoint-seconds", "1"],
    ]);
    let said = "";
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    child.stdout.resume();
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    while ((await lossesOf(out).catch(() => [])).length < 2) {
      if (child.exitCode !== null) throw new Error(`the job ended by itself: ${said}`);
      await pause(100);
    }
    const began = performance.now();
    ip(`link set ${links[1]} down`);
    await ended;
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(said).toContain("error[RANK_LOST]: rank 1 of 2");
    // The one that is cut off ends by itself: nobody can reach it.
    const left = async () => {
      const { readdirSync } = await import("node:fs");
      const lines = readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
      return (await Promise.all(lines)).filter((line) => line.includes(out)).length;
    };
    for (let waited = 0; (await left()) > 0 && waited < 10_000; waited += 200) await pause(200);
    expect(await left()).toBe(0);
  }, 120_000);
});
