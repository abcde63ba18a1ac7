import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileAnswer, type Host, openHost } from "../../packages/lorat/src/testing/weights-host.ts";

const bin = fileURLToPath(new URL("../../packages/lorat/bin/lorat.js", import.meta.url));
// No weights, so pull refuses it at the end; what is looked at here is how it comes.
const content = randomBytes(4_000_000);
const sum = createHash("sha256").update(content).digest("hex");
let folder = "";
let host: Host;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-pull-e2e-"));
  host = await openHost();
});
afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly err: string;
}

function start(cache: string, ...args: string[]) {
  const child = spawn(process.execPath, [bin, "pull", ...args], {
    env: { ...process.env, LORAT_CACHE: cache },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (text) => {
    err += text;
  });
  const ended = new Promise<Ended>((resolve) => child.once("exit", (status) => resolve({ status, err })));
  return { child: child as ChildProcess, ended };
}
const filesIn = (cache: string) =>
  readdirSync(join(cache, "files"), { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(cache, "files", name)).isFile(),
  );
const fetched = (cache: string) => filesIn(cache).find((name) => name.endsWith(".bin"));
const code = (err: string) => /error\[(\w+)\]/.exec(err)?.[1];

describe("lorat pull over the built files", () => {
  it("resumes after being killed at twenty moments", async () => {
    const cache = join(folder, "killed");
    host.routes.set("/killed.bin", fileAnswer(content, { paceMs: 8 }));
    const starts: number[] = [];
    for (let i = 0; i < 20; i++) {
      host.asked.length = 0;
      const { child, ended } = start(cache, `${host.url}/killed.bin`);
      const before = Date.now();
      while (host.asked.length === 0 && child.exitCode === null && Date.now() - before < 30_000)
        await pause(10);
      await pause(Math.random() * 60);
      child.kill("SIGKILL");
      await ended;
      starts.push(Number(/\d+/.exec(host.asked[0]?.range ?? "0")![0]));
      if (fetched(cache)) break;
    }
    console.info(`killed after starts at ${starts.join(", ")}`);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(new Set(starts).size).toBeGreaterThan(3);
    host.routes.set("/killed.bin", fileAnswer(content));
    const { status, err } = await start(cache, `${host.url}/killed.bin`).ended;
    // The last message: these bytes are no weights.
    expect([status, code(err)]).toEqual([1, expect.stringMatching(/^SAFETENSORS_/)]);
    expect(
      createHash("sha256")
        .update(readFileSync(join(cache, "files", fetched(cache)!)))
        .digest("hex"),
    ).toBe(sum);
  }, 300_000);

  it("ends with one good copy where two processes pull at once", async () => {
    const cache = join(folder, "two");
    host.routes.set("/two.bin", fileAnswer(content, { paceMs: 20 }));
    host.asked.length = 0;
    const ends = await Promise.all([0, 1].map(() => start(cache, `${host.url}/two.bin`).ended));
    expect(ends.map(({ err }) => code(err))).toEqual(
      [0, 1].map(() => expect.stringMatching(/^SAFETENSORS_/)),
    );
    expect(ends.some(({ err }) => err.includes("is at the same, waiting for it"))).toBe(true);
    expect(host.asked).toHaveLength(1);
    const [one, ...rest] = filesIn(cache).filter((name) => !name.endsWith(".json"));
    expect(rest).toEqual([]);
    expect(
      createHash("sha256")
        .update(readFileSync(join(cache, "files", one!)))
        .digest("hex"),
    ).toBe(sum);
  });

  it("says so on Ctrl-C, with status 130, and keeps what came", async () => {
    const cache = join(folder, "stopped");
    host.routes.set("/stopped.bin", fileAnswer(content, { paceMs: 30 }));
    host.asked.length = 0;
    const { child, ended } = start(cache, `${host.url}/stopped.bin`);
    while (host.asked.length === 0) await pause(20);
    await pause(200);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ status: 130, err: expect.stringContaining("goes on from there") });
    expect(filesIn(cache).some((name) => name.endsWith(".part"))).toBe(true);
  });
});

const canMount = process.getuid?.() === 0 && spawnSync("sh", ["-c", "mount --version"]).status === 0;
if (!canMount)
  console.warn("skipped: full and read-only disks are tried on a tmpfs, which only root may mount");

describe.skipIf(!canMount)("a cache on a disk that is full or read-only", () => {
  it("is an error with a code and what to do", async () => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]).status).toBe(0);
    try {
      host.routes.set("/full.bin", fileAnswer(content));
      const full = await start(disk, `${host.url}/full.bin`).ended;
      expect([full.status, code(full.err)]).toEqual([1, "OUTPUT_UNWRITABLE"]);
      expect(full.err).toMatch(/needs 4\.0 MB more, the disk has [\d.]+ MB free/);
      // A host that does not say how long the file is.
      host.routes.set("/stream.bin", (_, response) => void response.writeHead(200).end(content));
      const midway = await start(disk, `${host.url}/stream.bin`).ended;
      expect([midway.status, code(midway.err)]).toEqual([1, "OUTPUT_UNWRITABLE"]);
      expect(midway.err).toMatch(/ENOSPC[\s\S]*Make room/);
      expect(fetched(disk)).toBeUndefined();
      spawnSync("mount", ["-o", "remount,ro", disk]);
      const readOnly = await start(disk, `${host.url}/other.bin`).ended;
      expect([readOnly.status, code(readOnly.err)]).toEqual([1, "OUTPUT_UNWRITABLE"]);
      expect(readOnly.err).toContain("EROFS");
    } finally {
      spawnSync("umount", [disk]);
    }
  });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
