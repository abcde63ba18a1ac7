import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Graph } from "../graph.ts";
import { add } from "../ops/elementwise.ts";
import { linear } from "../ops/matmul.ts";
import { float32 } from "../tensor.ts";
import { Session } from "./session.ts";
import type { FileTensor } from "./weights.ts";

/** More than the least that is kept, 32 MB. */
const width = 3072;
const weightBytes = width * width * 4;

let folder = "";
let weightFile = "";
let cacheFolder = "";
const warnings: string[] = [];
const onWarning = ({ name, message }: Error) => {
  if (name === "LoratWarning") warnings.push(message);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lorat-kept-"));
  weightFile = join(folder, "weight.bin");
  writeWeights(1);
  process.on("warning", onWarning);
});
beforeEach(() => {
  cacheFolder = mkdtempSync(join(folder, "cache-"));
  warnings.length = 0;
});
afterEach(() => rmSync(cacheFolder, { recursive: true, force: true }));
afterAll(() => {
  process.off("warning", onWarning);
  rmSync(folder, { recursive: true, force: true });
});

function writeWeights(scale: number): void {
  const data = new Float32Array(width * width + width);
  for (let i = 0; i < data.length; i++) data[i] = (scale * ((i * 2_654_435_761) % 1024)) / 65_536;
  writeFileSync(weightFile, data);
}

/** A frozen layer over a few rows. */
function layerSession(rows: number, given: string | undefined): Promise<Session> {
  const graph = new Graph();
  const y = add(
    linear(graph.input("x", [rows, width]), graph.parameter("weight", [width, width])),
    graph.parameter("bias", [width]),
  );
  const common = { dtype: "float32", file: weightFile } as const;
  const weights = new Map<string, FileTensor>([
    ["weight", { ...common, shape: [width, width], offset: 0 }],
    ["bias", { ...common, shape: [width], offset: weightBytes }],
  ]);
  return Session.create({ y }, { device: "cpu", threads: 1, weights, cacheFolder: given });
}

async function run(rows: number, given: string | undefined = cacheFolder): Promise<Float32Array> {
  const session = await layerSession(rows, given);
  const x = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i));
  const { y } = await session.compute({ x: float32(x, [rows, width]) });
  await session.dispose();
  return y!.data as Float32Array;
}

const entries = () => readdirSync(cacheFolder);
const settled = () => new Promise((resolve) => setImmediate(resolve)); // warnings come a little later

/** Resident bytes of this process that are no file's. */
function ownBytes(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

describe("weights kept for the next session", () => {
  it("give the same numbers, for every batch size from one entry", async () => {
    const [few, many] = [await run(2, undefined), await run(40, undefined)];
    expect(await run(2)).toEqual(few);
    expect(await run(2)).toEqual(few);
    expect(await run(40)).toEqual(many);
    expect(entries().length).toBe(2); // rows beyond a few are spread by columns of zeros
    expect(await run(64)).toHaveLength(64 * width);
    expect(entries().length).toBe(2);
    expect(warnings).toEqual([]);
  });

  it("are mapped, not copied", async () => {
    await run(2);
    const before = ownBytes();
    if (Number.isNaN(before)) {
      console.warn("memory was not compared: this system has no /proc/self/status");
      return;
    }
    const session = await layerSession(2, cacheFolder);
    expect(ownBytes() - before).toBeLessThan(0.5 * weightBytes);
    await session.dispose();
  });

  it("are made once by sessions that want them at the same time", async () => {
    const sessions = await Promise.all([2, 3, 4].map((rows) => layerSession(rows, cacheFolder)));
    expect(entries().length).toBe(1);
    await Promise.all(sessions.map((session) => session.dispose()));
  });

  it("are made anew when the weights' file was changed", async () => {
    const before = await run(2);
    writeWeights(2);
    expect(await run(2)).toEqual(before.map((value) => 2 * value));
    expect(entries().length).toBe(2);
    writeWeights(1);
  });

  it.each([
    ["cut off", (entry: string) => truncateSync(join(entry, "weights.bin"), 1000)],
    ["written over", (entry: string) => writeFileSync(join(entry, "weights.bin"), "x", { flag: "r+" })],
    ["without its index's end", (entry: string) => truncateSync(join(entry, "index.json"), 100)],
    ["without its weights", (entry: string) => rmSync(join(entry, "weights.bin"))],
  ])("that were %s are made anew, with one warning", async (_, damage) => {
    const expected = await run(2);
    damage(join(cacheFolder, entries()[0]!));
    expect(await run(2)).toEqual(expected);
    expect(await run(2)).toEqual(expected);
    await settled();
    expect(warnings).toEqual([expect.stringContaining("is damaged and is made again")]);
  });

  it("are done without where the folder cannot be written, with one warning", async () => {
    const blocked = join(cacheFolder, "file");
    writeFileSync(blocked, "");
    const expected = await run(2, undefined);
    expect(await run(2, blocked)).toEqual(expected);
    expect(await run(2, blocked)).toEqual(expected);
    await settled();
    expect(warnings).toEqual([expect.stringContaining("cannot be kept")]);
  });

  it("let go of entries that nobody asked for in a long time, and of nothing else", async () => {
    const old = join(cacheFolder, "0".repeat(32));
    const other = join(cacheFolder, "somebody's");
    for (const path of [old, other]) {
      mkdirSync(path);
      utimesSync(path, 0, 0);
    }
    await run(2);
    expect(existsSync(old)).toBe(false);
    expect(existsSync(other)).toBe(true);
  });
});
