import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "./program.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-boxes-"));
  await writeFile(join(folder, "track.txt"), "10,20,30,40\n11,20,30,40\n0,0,0,0\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** Runs the command line with what it prints caught. */
async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void out.push(`${text}\n`));
  vi.spyOn(console, "error").mockImplementation((text) => void err.push(`${text}\n`));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
  const status = await runCommandLine(["boxes", ...args]);
  vi.restoreAllMocks();
  return { status, out: out.join(""), err: err.join("") };
}
const at = (name: string) => join(folder, name);

describe("lorat boxes", () => {
  it("goes from a tracker's boxes to other tools and back", async () => {
    const labelled = ["--label", "duck", "--size", "640x480"];
    const first = await run(
      at("track.txt"),
      "--from",
      "got10k",
      "--out",
      at("a.xml"),
      "--to",
      "cvat",
      ...labelled,
    );
    expect(first).toMatchObject({ status: 0, err: `wrote 2 boxes of 1 target to ${at("a.xml")}\n` });
    expect(await readFile(at("a.xml"), "utf8")).toContain('label="duck"');
    const json = await run(at("a.xml"), "--from", "cvat", "--out", at("yolo"), "--to", "yolo", "--json");
    expect(JSON.parse(json.out)).toEqual({ out: at("yolo"), files: 4, tracks: 1, boxes: 2, lost: [] });
    expect((await readdir(at("yolo/labels"))).sort()).toEqual([0, 1, 2].map((i) => `frame_00000${i}.txt`));
    const sized = ["--size", "640x480"];
    expect(
      (await run(at("yolo"), "--from", "yolo", "--out", at("l"), "--to", "lasot", ...sized)).status,
    ).toBe(0);
    expect((await readdir(at("l"))).sort()).toEqual([
      "full_occlusion.txt",
      "groundtruth.txt",
      "out_of_view.txt",
    ]);
    const last = await run(at("l"), "--from", "lasot", "--out", at("back.txt"), "--to", "got10k");
    expect(last.status).toBe(0);
    expect(await readFile(at("back.txt"), "utf8")).toBe(await readFile(at("track.txt"), "utf8"));
  });

  it("says what is lost", async () => {
    const args = [at("a.xml"), "--from", "cvat", "--out", at("o.txt"), "--to", "otb"];
    expect((await run(...args)).err).toContain("note: OTB cannot keep labels");
  });

  it("refuses with one message and a code, and leaves nothing half-written", async () => {
    const cvat = ["--from", "cvat", "--to"];
    await mkdir(at("full"));
    await writeFile(at("full/mine.txt"), "years of work");
    await writeFile(at("two.csv"), "frame,track,x,y,width,height\n0,1,1,1,2,2\n0,2,1,1,2,2\n");
    const cases: [number, string, string[]][] = [
      [1, "OUTPUT_EXISTS", [at("track.txt"), "--from", "got10k", "--out", at("a.xml"), "--to", "cvat"]],
      [1, "OUTPUT_EXISTS", [at("a.xml"), ...cvat, "mot", "--out", at("full")]],
      [1, "BOXES_NOT_FOUND", [at("none.xml"), ...cvat, "csv", "--out", at("n")]],
      [1, "DATASET_XML", [at("track.txt"), ...cvat, "csv", "--out", at("n")]],
      [1, "BOXES_SIZE", [at("track.txt"), "--from", "got10k", "--to", "yolo", "--out", at("n")]],
      [1, "BOXES_SEVERAL", [at("two.csv"), "--from", "csv", "--to", "vot", "--out", at("n")]],
      [1, "BOXES_TRACK", [at("two.csv"), "--from", "csv", "--to", "vot", "--out", at("n"), "--track", "9"]],
      [1, "BOXES_FILES", [at("full"), "--from", "mot", "--to", "csv", "--out", at("n")]],
      [2, "USAGE", [at("a.xml"), ...cvat, "csv", "--out", at("a.xml"), "--force"]],
      [2, "USAGE", [at("a.xml"), "--from", "cvta", "--to", "csv", "--out", at("n")]],
      [2, "USAGE", [at("a.xml"), ...cvat, "csv", "--out", at("n"), "--size", "big"]],
      [2, "USAGE", [at("a.xml"), ...cvat, "csv", "--out", at("n"), "--frames", "0"]],
    ];
    for (const [status, code, args] of cases) {
      const found = await run(...args);
      expect([found.status, /error\[(\w+)\]/.exec(found.err)?.[1]], args.join(" ")).toEqual([status, code]);
    }
    expect((await readdir(folder)).filter((name) => /^n|partial/.test(name) && name !== "none")).toEqual([]);
    expect(
      (await run(at("two.csv"), "--from", "csv", "--to", "vot", "--out", at("v.txt"), "--track", "2")).status,
    ).toBe(0);
  });

  it("replaces its own files in a folder and leaves others", async () => {
    const mot = [at("a.xml"), "--from", "cvat", "--to", "mot", "--out", at("full")];
    expect((await run(...mot, "--force")).status).toBe(0);
    expect((await readdir(at("full"))).sort()).toEqual(["gt", "mine.txt", "seqinfo.ini"]);
    expect((await run(...mot, "--force")).status).toBe(0);
  });
});
