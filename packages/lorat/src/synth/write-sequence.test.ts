import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseBoxRows } from "@lorat/core/annotations";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { synthCommand } from "../cli/synth.ts";
import { cornersOrNull } from "../sampling/annotations.ts";
import { synthesise } from "./synthesise.ts";
import { writeSequence } from "./write-sequence.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-sequence-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const clip = synthesise(2, { width: 96, height: 64, frames: 10, difficulty: "out-of-view" });

describe("writeSequence", () => {
  it("writes frames, boxes and labels that read back as the clip", async () => {
    const out = join(folder, "one");
    const written = await writeSequence(out, clip);
    const names = await readdir(out);
    const frames = Array.from({ length: 10 }, (_, i) => `${String(i + 1).padStart(8, "0")}.jpg`);
    expect(names.sort()).toEqual([...frames, "absence.label", "groundtruth.txt"]);
    expect(await sharp(join(out, frames[9]!)).metadata()).toMatchObject({ width: 96, height: 64 });
    const boxes = cornersOrNull(parseBoxRows(await readFile(join(out, "groundtruth.txt"), "utf8"), out));
    const absent = (await readFile(join(out, "absence.label"), "utf8")).trim().split("\n");
    boxes.forEach((box, i) => {
      const truth = clip.render(i).box;
      expect(box === null).toBe(truth === null);
      expect(absent[i]).toBe(truth === null ? "1" : "0");
      if (box && truth) expect(box[0]).toBeCloseTo(truth.x, 3);
    });
    expect(written).toMatchObject({ frames: 10, absentFrames: absent.filter((row) => row === "1").length });
    expect(written.absentFrames).toBeGreaterThan(0);
  });

  it("refuses what exists, replaces a sequence with force, and never anything else", async () => {
    const out = join(folder, "two");
    await writeSequence(out, clip);
    await expect(writeSequence(out, clip)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    await writeSequence(out, synthesise(3, { width: 96, height: 64, frames: 3 }), { force: true });
    expect(await readdir(out)).toHaveLength(5);
    const precious = join(folder, "precious");
    await mkdir(precious);
    await writeFile(join(precious, "thesis.txt"), "words");
    await expect(writeSequence(precious, clip, { force: true })).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
    });
    expect(await readdir(precious)).toEqual(["thesis.txt"]);
  });

  it("leaves nothing behind when it is stopped", async () => {
    const stop = new AbortController();
    const onFrame = (done: number) => done === 4 && stop.abort();
    const writing = writeSequence(join(folder, "three"), clip, { signal: stop.signal, onFrame });
    await expect(writing).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect((await readdir(folder)).filter((name) => name.startsWith("three"))).toEqual([]);
  });
});

describe("lorat synth", () => {
  const run = (...args: string[]) =>
    synthCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .parseAsync(args, { from: "user" });

  it("writes the asked-for number of clips of every difficulty", async () => {
    const out = join(folder, "set");
    await run(out, "--clips", "2", "--seed", "5", "--difficulty", "all", "--frames", "2", "--size", "64x64");
    const names = await readdir(out);
    expect(names).toHaveLength(12);
    expect(names).toContain("low-light_000006");
    await expect(run(out, "--frames", "2", "--size", "64x64", "--seed", "6")).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
    });
  });

  it.each([
    ["--size", "640"],
    ["--size", "8x8"],
    ["--clips", "0"],
    ["--seed", "one"],
    ["--difficulty", "easy"],
  ])("refuses %s %s as wrong usage", async (option, value) => {
    await expect(run(join(folder, "never"), option, value)).rejects.toMatchObject({ name: "CommanderError" });
  });

  it("says when the folder of photographs is empty", async () => {
    const empty = join(folder, "empty");
    await mkdir(empty);
    await expect(run(join(folder, "never"), "--photos", empty)).rejects.toMatchObject({ code: "DATA_EMPTY" });
  });
});
