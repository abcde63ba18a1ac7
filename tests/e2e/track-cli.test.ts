import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readBoxes } from "../../packages/lorat/src/datasets/boxes/read-boxes.ts";
import { openFrames } from "../../packages/lorat/src/media/open-frames.ts";
import { createVideoWriter } from "../../packages/lorat/src/media/video-writer.ts";
import {
  collect,
  encodeImage,
  numberedFrame,
  readNumber,
  squareAt,
  writeClip,
  writeImages,
} from "../../packages/lorat/src/testing/clips.ts";

const main = fileURLToPath(new URL("../../packages/lorat/dist/cli/main.js", import.meta.url));
const driftCli = fileURLToPath(new URL("support/drift-cli.mjs", import.meta.url));
const nano = fileURLToPath(new URL("../../models/nano/model.json", import.meta.url));
const box = Object.values(squareAt(0)).join(",");

interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
let clip: string;
let out: string;
let count = 0;

beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`${main} is missing: build first (npm run build)`);
  folder = await mkdtemp(join(tmpdir(), "lorat-e2e-"));
  clip = join(folder, "clip.mp4");
  const writer = await createVideoWriter(clip, { width: 160, height: 120, fps: 25 });
  for (let i = 0; i < 60; i++) await writer.add(numberedFrame(i));
  await writer.commit();
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  out = join(folder, `out-${count++}`);
  await mkdir(out);
});

function start(
  script: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; run: Promise<Run> } {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env } });
  const run = new Promise<Run>((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    // Progress, which a slow machine prints now and then, is not what the tests are about.
    const withoutProgress = () => stderr.replace(/^tracking \d+\/.*\n/gm, "");
    child.on("close", (status) => resolve({ status, stdout, stderr: withoutProgress() }));
  });
  return { child, run };
}

/** The real command line. */
const lorat = (...args: string[]) => start(main, args).run;
/** The command line with a tracker that needs no model. */
const drift = (...args: string[]) => start(driftCli, ["track", ...args]).run;

/** One clear message with its code, and no trace of the inside. */
function expectError({ status, stderr }: Run, code: string, expected: number): void {
  expect(stderr).toContain(`error[${code}]: `);
  expect(stderr.match(/error\[/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  expect(status).toBe(expected);
}

describe("lorat track", () => {
  it("writes boxes, scores and an annotated video", async () => {
    const files = { boxes: join(out, "b.txt"), scores: join(out, "s.csv"), video: join(out, "v.mp4") };
    const args = ["--out", files.boxes, "--scores", files.scores, "--video", files.video];
    const { status, stdout, stderr } = await drift(clip, "--box", box, ...args, "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      frames: 60,
      width: 160,
      height: 120,
      targets: [{ boxes: files.boxes, scores: files.scores, states: { tracked: 60, uncertain: 0, lost: 0 } }],
      video: files.video,
    });
    expect(await readBoxes(files.boxes)).toEqual(Array.from({ length: 60 }, (_, i) => squareAt(i)));
    expect((await readFile(files.scores, "utf8")).split("\n").slice(0, 3)).toEqual([
      "frame,score,state",
      "0,1,tracked",
      "1,0.5,tracked",
    ]);
    const annotated = await collect((await openFrames(files.video)).frames());
    expect(annotated.map(readNumber)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect((await readdir(out)).sort()).toEqual(["b.txt", "s.csv", "v.mp4"]);
  });

  it("tracks a folder of images, several objects, and a stretch", async () => {
    const images = join(out, "img");
    await mkdir(images);
    await writeImages(images, 12);
    const boxes = ["--box", "1,2,10,10", "--box", "50.5,20,30,40"];
    const run = await drift(images, ...boxes, "--start", "4", "--end", "9", "--out", join(out, "b.txt"));
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("tracked 5 frames");
    expect(await readFile(join(out, "b_2.txt"), "utf8")).toBe(
      [0, 1, 2, 3, 4].map((i) => `${50.5 + i},${20 + i},30,40\n`).join(""),
    );
    expect(await readBoxes(join(out, "b_1.txt"))).toHaveLength(5);
  });

  it("prints the boxes where no file is named, and stops quietly when nobody reads on", async () => {
    const { status, stdout, stderr } = await drift(clip, "--box", box);
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(60);
    expect(stdout.split("\n")[0]).toBe(box);
    expect(stderr).toContain("tracked 60 frames");
    const { child, run } = start(driftCli, ["track", clip, "--box", box], { DRIFT_DELAY_MS: "20" });
    child.stdout!.once("data", () => child.stdout!.destroy());
    const closed = await run;
    expect(closed.stderr).not.toContain("EPIPE");
  });

  it("keeps what was tracked before a picture that cannot be read", async () => {
    const images = join(out, "img");
    await mkdir(images);
    const names = await writeImages(images, 12);
    const damaged = join(images, names[7]!);
    await writeFile(damaged, (await encodeImage(7)).subarray(0, 900));
    const args = ["--out", join(out, "b.txt"), "--video", join(out, "v.mp4")];
    const run = await drift(images, "--box", box, ...args);
    expectError(run, "IMAGE_DECODE_FAILED", 1);
    expect(run.stderr).toContain(`${damaged}: frame 7 `);
    expect(await readBoxes(join(out, "b.txt"))).toEqual(Array.from({ length: 7 }, (_, i) => squareAt(i)));
    expect((await readdir(out)).sort()).toEqual(["b.txt", "img", "v.mp4"]);
    expect(await collect((await openFrames(join(out, "v.mp4"))).frames())).toHaveLength(7);
  });

  it("keeps what was tracked before a video breaks off, with decoding on its own thread", async () => {
    const path = join(out, "cut.mp4");
    await writeClip(path, { frames: 60, format: "faststart" });
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const run = await drift(path, "--box", box, "--out", join(out, "b.txt"));
    expectError(run, "VIDEO_TRUNCATED", 1);
    const boxes = await readBoxes(join(out, "b.txt"));
    expect(boxes.length).toBeGreaterThan(10);
    expect(run.stderr).toContain(`frame ${boxes.length} is not there`);
  });

  it("finishes cleanly on Ctrl-C", async () => {
    const args = ["track", clip, "--box", box, "--out", join(out, "b.txt"), "--video", join(out, "v.mp4")];
    const { child, run } = start(driftCli, args, { DRIFT_DELAY_MS: "60" });
    const begun = setInterval(async () => {
      const partial = (await readdir(out)).find((name) => name.startsWith("b.txt."));
      if (!partial || (await readFile(join(out, partial), "utf8")).split("\n").length < 5) return;
      clearInterval(begun);
      child.kill("SIGINT");
    }, 20);
    const { status, stdout, stderr } = await run;
    clearInterval(begun);
    expect({ status, stderr }).toEqual({ status: 130, stderr: "" });
    const boxes = await readBoxes(join(out, "b.txt"));
    expect(boxes.length).toBeGreaterThanOrEqual(4);
    expect(boxes.length).toBeLessThan(60);
    expect(stdout).toContain(`stopped after ${boxes.length} frames`);
    expect((await readdir(out)).sort()).toEqual(["b.txt", "v.mp4"]);
    expect(await collect((await openFrames(join(out, "v.mp4"))).frames())).toHaveLength(boxes.length);
  });

  it("leaves nothing behind after a fault of its own, and shows where it was", async () => {
    const args = ["track", clip, "--box", box, "--out", join(out, "b.txt"), "--video", join(out, "v.mp4")];
    const { status, stderr } = await start(driftCli, args, { DRIFT_FAIL_AT: "9" }).run;
    expect(status).toBe(70);
    expect(stderr).toContain("error[UNEXPECTED]");
    expect(stderr).toContain("a fault inside the tracker");
    expect(await readdir(out)).toEqual([]);
  });

  it("refuses an output that exists, and replaces it with --force", async () => {
    const path = join(out, "b.txt");
    await writeFile(path, "mine");
    const args = [clip, "--box", box, "--out", path, "--scores", join(out, "s.csv")];
    expectError(await drift(...args), "OUTPUT_EXISTS", 1);
    expect(await readFile(path, "utf8")).toBe("mine");
    expect(await readdir(out)).toEqual(["b.txt"]);
    expect((await drift(...args, "--force")).status).toBe(0);
    expect(await readBoxes(path)).toHaveLength(60);
  });

  it("keeps memory flat on a long clip", async () => {
    const path = join(out, "long.mp4");
    await writeClip(path, { frames: 500, width: 640, height: 360, fast: true, keyFrameIntervalSec: 2 });
    const script = join(out, "peak.mjs");
    const report = 'process.on("exit", () => console.error("peak", process.resourceUsage().maxRSS));';
    await writeFile(script, `${report}\nawait import(${JSON.stringify(driftCli)});`);
    const peak = async (end: string) => {
      const args = ["track", path, "--box", box, "--end", end, "--out", join(out, `b${end}.txt`)];
      const { stderr } = await start(script, args).run;
      return Number(/peak (\d+)/.exec(stderr)![1]) / 1024;
    };
    const [short, long] = [await peak("60"), await peak("500")];
    // 440 more frames of 0.9 MB each
    expect(long - short).toBeLessThan(60);
  });
});

describe("other inputs and outputs", () => {
  /** The command line with bytes on its standard input. */
  async function piped(bytes: Uint8Array, ...args: string[]): Promise<Run> {
    const { child, run } = start(driftCli, ["track", "-", ...args]);
    child.stdin!.on("error", () => {}); // it may have enough before the end
    child.stdin!.end(bytes);
    return run;
  }
  const frameRgb = (i: number) => Buffer.from(numberedFrame(i).data.filter((_, at) => at % 4 < 3));
  const rgb = (frames: number) => Buffer.concat(Array.from({ length: frames }, (_, i) => frameRgb(i)));

  it("takes raw frames on standard input, and keeps what came before they end within one", async () => {
    const args = ["--raw", "160x120", "--fps", "10", "--box", box, "--out", join(out, "b.csv")];
    const whole = await piped(rgb(4), ...args);
    expect({ status: whole.status, stderr: whole.stderr }).toEqual({ status: 0, stderr: "" });
    const lines = (await readFile(join(out, "b.csv"), "utf8")).trim().split("\n");
    expect(lines[0]).toBe("frame,time,x,y,width,height,score,state");
    expect(lines[4]).toMatch(/^3,0\.3,.*,0\.5,tracked$/);
    const cut = await piped(rgb(4).subarray(0, 3 * 160 * 120 * 3 - 5), ...args, "--force");
    expectError(cut, "STREAM_TRUNCATED", 1);
    expect((await readFile(join(out, "b.csv"), "utf8")).trim().split("\n")).toHaveLength(3);
    expectError(await piped(Buffer.alloc(0), ...args, "--force"), "VIDEO_NO_FRAMES", 1);
  });

  it("takes an encoded video on standard input", async () => {
    const run = await piped(await readFile(clip), "--box", box, "--end", "3");
    expect(run.stdout.split("\n")[2]).toBe(Object.values(squareAt(2)).join(","));
  });

  it("goes backward, with files in the order of the frames", async () => {
    const args = ["--box", box, "--start", "9", "--backward", "--out", join(out, "b.json")];
    expect((await drift(clip, ...args)).status).toBe(0);
    const rows = JSON.parse(await readFile(join(out, "b.json"), "utf8"));
    expect(rows.map(({ frame }: { frame: number }) => frame)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const { x } = squareAt(0);
    expect(rows[9]).toMatchObject({ x, score: 1, state: "tracked" });
    expect(rows[0]).toMatchObject({ x: x + 9 });
    const short = await drift(clip, "--box", box, "--start", "9", "--backward", "--end", "6");
    expect(short.stdout.trim().split("\n")).toHaveLength(3);
    const wrong = await drift(clip, "--box", box, "--start", "9", "--backward", "--end", "9");
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("--end 9 must come before") });
    const raw = await piped(rgb(1), "--raw", "160x120", "--box", box, "--backward");
    expect(raw).toMatchObject({ status: 2, stderr: expect.stringContaining("--backward needs a file") });
  });

  it("takes several objects from a file", async () => {
    const boxes = join(out, "boxes.txt");
    await writeFile(boxes, "x,y,width,height\n10,20,30,40\n50 60 20 20\n");
    const run = await drift(clip, "--boxes-from", boxes, "--end", "2", "--out", join(out, "b.txt"));
    expect(run.stderr).toBe("");
    expect(await readBoxes(join(out, "b_2.txt"))).toEqual([
      { x: 50, y: 60, width: 20, height: 20 },
      { x: 51, y: 61, width: 20, height: 20 },
    ]);
    await writeFile(boxes, "10,20,30\n");
    expectError(await drift(clip, "--boxes-from", boxes), "BOXES_MALFORMED", 1);
    expectError(await drift(clip, "--boxes-from", join(out, "none")), "BOXES_NOT_FOUND", 1);
  });

  it("shows the first frame with a grid, and tracks nothing", async () => {
    const picture = join(out, "grid.png");
    const run = await drift(clip, "--preview", picture);
    expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining("(160x120) is in") });
    expect(await readdir(out)).toEqual(["grid.png"]);
    const both = await drift(clip, "--preview", picture, "--out", join(out, "b.txt"));
    expect(both).toMatchObject({ status: 2, stderr: expect.stringContaining("tracks nothing") });
    expectError(await drift(clip, "--preview", picture), "OUTPUT_EXISTS", 1);
  });

  it("says that there is no such camera, and no such address", async () => {
    expectError(await drift("camera:97", "--box", box), "CAMERA_UNAVAILABLE", 1);
    expectError(await drift("http://127.0.0.1:1/clip.mp4", "--box", box), "INPUT_UNREADABLE", 1);
    expectError(await drift(clip, "--box", box, "--raw", "160"), "USAGE", 2);
  });
});

describe("bad input", () => {
  const outFile = () => ["--out", join(out, "b.txt")];

  it.each([
    ["text", "a,b,c,d", "BOX_MALFORMED", 2],
    ["too few numbers", "1,2,3", "BOX_MALFORMED", 2],
    ["NaN", "10,NaN,20,20", "BOX_MALFORMED", 2],
    ["no size", "10,10,0,20", "BOX_EMPTY", 2],
    ["a negative size", "10,10,20,-5", "BOX_EMPTY", 2],
    ["outside", "160,10,20,20", "BOX_OUTSIDE", 1],
    ["above", "10,-30,20,20", "BOX_OUTSIDE", 1],
  ])("refuses a box: %s", async (_, bad, code, status) => {
    expectError(await lorat("track", clip, "--box", bad, ...outFile()), code, status);
    expect(await readdir(out)).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ["no command", [], "Usage: lorat"],
    ["an unknown command", ["trak"], "Did you mean track?"],
    ["an unknown option", ["track", "x", "--bx", "1,2,3,4"], "Did you mean --box?"],
    ["no box", ["track", "x"], "--box is missing"],
    ["no input", ["track", "--box", "1,2,3,4"], "missing required argument 'input'"],
    ["an unknown device", ["track", "x", "--box", "1,2,3,4", "--device", "gpu"], "argument 'gpu' is invalid"],
    ["a start that is no number", ["track", "x", "--box", "1,2,3,4", "--start", "soon"], "argument 'soon'"],
    ["an end before the start", ["track", "x", "--box", "1,2,3,4", "--start", "5", "--end", "5"], "--end 5"],
    ["one name for two files", ["track", "x", "--box", "1,2,3,4", "--out", "x"], "named twice"],
  ])("explains wrong usage: %s", async (_, args, text) => {
    const run = await lorat(...args);
    expect(run.stderr).toContain(text);
    expect(run.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
    expect(run.status).toBe(2);
  });

  it("names what is wrong with a video", async () => {
    const whole = await readFile(clip);
    const cases: [string, Buffer | string, string][] = [
      ["empty.mp4", "", "VIDEO_EMPTY"],
      ["text.mp4", "no video\n".repeat(100), "VIDEO_NOT_RECOGNISED"],
      ["half.mp4", whole.subarray(0, whole.length >> 1), "VIDEO_TRUNCATED"],
    ];
    const codec = Buffer.from(whole);
    codec.write("mp4v", codec.lastIndexOf("avc1"), "latin1");
    cases.push(["codec.mp4", codec, "VIDEO_CODEC_UNKNOWN"]);
    for (const [name, bytes, code] of cases) {
      await writeFile(join(out, name), bytes);
      const run = await lorat("track", join(out, name), "--box", box, ...outFile());
      expectError(run, code, 1);
      expect(run.stderr).toContain(name);
    }
    expectError(await lorat("track", join(out, "absent.mp4"), "--box", box), "INPUT_NOT_FOUND", 1);
    expectError(await lorat("track", clip, "--box", box, "--start", "60"), "FRAME_RANGE", 1);
    expect(existsSync(join(out, "b.txt"))).toBe(false);
  });

  it("names what is wrong with a folder", async () => {
    const images = join(out, "img");
    await mkdir(images);
    const run = () => lorat("track", images, "--box", box, ...outFile());
    expectError(await run(), "IMAGES_NONE", 1);
    const names = await writeImages(images, 6);
    await rm(join(images, names[3]!));
    const missing = await run();
    expectError(missing, "IMAGES_FRAME_MISSING", 1);
    expect(missing.stderr).toContain("nothing between 0003.jpg and 0005.jpg");
    await writeFile(join(images, names[3]!), await resized());
    const mixed = await drift(images, "--box", box, ...outFile());
    expectError(mixed, "IMAGE_SIZE_CHANGED", 1);
    expect(await readBoxes(join(out, "b.txt"))).toHaveLength(3);
  });

  it("refuses a model that is not there", async () => {
    const run = await lorat("track", clip, "--box", box, "--model", "no-such-model", ...outFile());
    expectError(run, "MODEL_UNKNOWN", 1);
    expect(await readdir(out)).toEqual([]);
  });
});

describe("the bundled model", () => {
  if (!existsSync(nano)) console.warn("skipped: models/nano is not there yet");

  it.skipIf(!existsSync(nano))("tracks through the command line", async () => {
    const path = join(out, "b.txt");
    const run = await lorat("track", clip, "--box", box, "--device", "cpu", "--out", path, "--json");
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ frames: 60, model: "nano" });
    const boxes = await readBoxes(path);
    expect(boxes).toHaveLength(60);
    expect(boxes[0]).toEqual(squareAt(0));
    for (const { x, y, width, height } of boxes) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(1);
      expect(x + width).toBeLessThanOrEqual(160);
      expect(y + height).toBeLessThanOrEqual(120);
    }
  });
});

async function resized(): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  return sharp(await encodeImage(3))
    .resize(80, 60)
    .jpeg()
    .toBuffer();
}
