import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const lorat = fileURLToPath(new URL("../../packages/lorat/bin/lorat.js", import.meta.url));
const video = fileURLToPath(new URL("../../packages/lorat/src/testing/videos/sound.mp4", import.meta.url));
const box = "38,108,48,48";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-outputs-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(args: readonly string[], { stdout = "pipe" as "pipe" | number, cwd = folder } = {}) {
  const found = spawnSync(process.execPath, [lorat, ...args], {
    timeout: 60_000,
    cwd,
    encoding: "utf8",
    stdio: ["ignore", stdout, "pipe"],
    env: { ...process.env, XDG_CACHE_HOME: join(folder, "cache") },
  });
  return { status: found.status, out: found.stdout ?? "", err: found.stderr };
}

const track = (...args: string[]) => run(["track", video, "--box", box, "--end", "6", ...args]);
const code = (err: string) => /error\[(\w+)\]/.exec(err)?.[1];

/** A disk of so many bytes; undefined where this process may not mount one. */
async function smallDisk(name: string, size: string): Promise<string | undefined> {
  const path = join(folder, name);
  await mkdir(path);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
  return status === 0 ? path : undefined;
}

const unmount = (path: string) => void spawnSync("umount", [path]);
const canMount = process.getuid?.() === 0 && spawnSync("sh", ["-c", "mount --version"]).status === 0;
if (!canMount) console.warn("skipped: full disks are tried on a tmpfs, which only root may mount");

describe("outputs that are no regular files", () => {
  it("are written to and never replaced: pipes, links, standard output", async () => {
    const expected = track("--out", "-");
    expect(expected.status).toBe(0);
    expect(expected.out.split("\n").filter(Boolean)).toHaveLength(6);
    expect(expected.err).toContain("tracked 6 frames");

    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = spawn("sh", ["-c", `cat "${pipe}" > "${pipe}.read"`]);
    expect(track("--out", pipe, "--force").status).toBe(0);
    await new Promise((resolve) => reader.once("exit", resolve));
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readFileSync(`${pipe}.read`, "utf8")).toBe(expected.out);

    const [target, link] = [join(folder, "target"), join(folder, "link")];
    await writeFile(target, "mine");
    await symlink(target, link);
    const refused = track("--out", link);
    expect([refused.status, code(refused.err)]).toEqual([1, "OUTPUT_EXISTS"]);
    expect(readFileSync(target, "utf8")).toBe("mine");
    expect(track("--out", link, "--force").status).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe(expected.out);

    expect(track("--out", "/dev/null").status).toBe(0);
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
    expect(track("--out", "/dev/stdout").out).toBe(expected.out);
    const substituted = spawnSync(
      "bash",
      [
        "-c",
        `"$0" "$1" track "$2" --box ${box} --end 6 --out >(cat > substituted); sleep 0.5`,
        process.execPath,
        lorat,
        video,
      ],
      { cwd: folder },
    );
    expect(substituted.status).toBe(0);
    expect(readFileSync(join(folder, "substituted"), "utf8")).toBe(expected.out);
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it.skipIf(!existsSync("/dev/full"))("tell that a device is full: standard output too", () => {
    const full = track("--out", "/dev/full");
    expect([full.status, code(full.err)]).toEqual([1, "OUTPUT_UNWRITABLE"]);
    const device = execFileSync("sh", ["-c", "exec 3>/dev/full; echo"]);
    expect(device.length).toBe(1);
    for (const args of [["track", video, "--box", box, "--end", "3"], ["models"], ["--help"]]) {
      const found = spawnSync("sh", ["-c", `"$0" "$@" > /dev/full`, process.execPath, lorat, ...args], {
        encoding: "utf8",
      });
      expect([found.status, code(found.stderr)], args.join(" ")).toEqual([1, "OUTPUT_UNWRITABLE"]);
      expect(found.stderr).not.toContain("    at ");
    }
  });

  it("takes a video from standard input", () => {
    const found = spawnSync(
      "sh",
      ["-c", `cat "${video}" | "$0" "$1" track - --box ${box} --end 3`, process.execPath, lorat],
      {
        encoding: "utf8",
      },
    );
    expect(found.status).toBe(0);
    expect(found.stdout.split("\n").filter(Boolean)).toHaveLength(3);
  });
});

describe.skipIf(!canMount)("a full disk", () => {
  const outputs: readonly (readonly [string, string[]])[] = [
    ["boxes", ["--out", "DISK/x.txt"]],
    ["scores", ["--scores", "DISK/x.csv"]],
    ["sheet", ["--sheet", "DISK/x.png"]],
    ["video, MP4", ["--video", "DISK/x.mp4"]],
    ["video, WebM", ["--video", "DISK/x.webm"]],
    ["video, Matroska", ["--video", "DISK/x.mkv"]],
    ["video, GIF", ["--video", "DISK/x.gif"]],
    ["boxes beside a video", ["--out", "DISK/x.txt", "--video", "DISK/x.mp4"]],
  ];

  it("ends track with an error and no half file, from the start or midway", async () => {
    const disk = await smallDisk("disk-track", "64k");
    if (!disk) throw new Error("tmpfs could not be mounted");
    try {
      for (const left of [0, 12_288]) {
        writeFileSync(join(disk, "fill"), Buffer.alloc(61_440 - left, 1));
        for (const [what, args] of outputs) {
          // Small texts fit where there is a page.
          if (left > 0 && /boxes$|scores/.test(what)) continue;
          const own = args.map((arg) => arg.replace("DISK", disk));
          const found = run(["track", video, "--box", box, ...own]);
          if (left === 0 && /boxes$|scores/.test(what)) {
            // One page is free for the folder itself; what fits is whole.
            expect([0, 1], what).toContain(found.status);
          } else
            expect([found.status, code(found.err)], `${what}, ${left}`).toEqual([1, "OUTPUT_UNWRITABLE"]);
          // Boxes that were whole before the video failed are kept.
          const kept = readdirSync(disk).filter((name) => name !== "fill" && name !== "x.txt");
          if (found.status === 1) expect(kept, what).toEqual([]);
          const texts = join(disk, "x.txt");
          if (existsSync(texts)) expect(readFileSync(texts, "utf8").split("\n"), what).toHaveLength(28);
          for (const name of readdirSync(disk)) if (name !== "fill") await rm(join(disk, name));
        }
        await rm(join(disk, "fill"));
      }
    } finally {
      unmount(disk);
    }
  });

  it("ends compare, runs and synth with an error and no half file", async () => {
    const truth = join(folder, "gt", "s");
    await mkdir(truth, { recursive: true });
    await mkdir(join(folder, "res"));
    const rows = "10,10,30,30\n".repeat(50);
    await writeFile(join(truth, "groundtruth.txt"), rows);
    await writeFile(join(folder, "res", "s.txt"), rows);
    const disk = await smallDisk("disk-others", "24k");
    if (!disk) throw new Error("tmpfs could not be mounted");
    try {
      for (const args of [
        ["compare", "--dataset", "folder:gt", "--results", "A=res", "--html", `${disk}/r.html`],
        ["synth", `${disk}/clips`, "--frames", "40", "--size", "320x240"],
      ]) {
        const found = run(args);
        expect([found.status, code(found.err)], args[0]).toEqual([1, expect.stringMatching(/UNWRITABLE/)]);
        const left = readdirSync(disk, { recursive: true }).filter((name) => !/^clips$/.test(String(name)));
        expect(left, args[0]).toEqual([]);
      }
    } finally {
      unmount(disk);
    }
  });
});

it("a folder that may not be written to", () => {
  const found = track("--out", "/proc/nothing/x.txt");
  expect([found.status, code(found.err)]).toEqual([1, "OUTPUT_UNWRITABLE"]);
});
