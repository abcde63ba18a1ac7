import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDriftTracker } from "../../testing/drift-tracker.ts";
import { runFolder } from "./folder-protocol.ts";

let base: string;
let image: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "lorat-folder-"));
  image = join(base, "1.png");
  await sharp({ create: { width: 64, height: 48, channels: 3, background: "grey" } })
    .png()
    .toFile(image);
});
afterAll(() => rm(base, { recursive: true, force: true }));

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(base, "run-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe("the toolkit's folder protocol", () => {
  it("writes a region a frame for each object, 0 before it appears", async () => {
    const folder = await folderWith({
      "frames_color.txt": `${image}\n../1.png\n${image}\n`,
      "query_obj0.txt": "0\n1.5,1,10,10\n",
      "query_obj1.txt": "1\nm20,20,4,4,0,16\ndescription=a thing=b\n",
    });
    const tracker = createDriftTracker();
    const run = await runFolder(tracker, folder);
    expect(run).toEqual({ frames: 3, objects: ["obj0", "obj1"] });
    const read = async (name: string) => (await readFile(join(folder, name), "utf8")).split("\n");
    expect(await read("output_obj0.txt")).toEqual([
      "1.5000,1.0000,10.0000,10.0000",
      "2.0000,2.0000,11.0000,10.0000",
      "3.0000,3.0000,11.0000,10.0000",
      "",
    ]);
    expect(await read("output_obj1.txt")).toEqual([
      "0",
      "20.0000,20.0000,4.0000,4.0000",
      "21.0000,21.0000,4.0000,4.0000",
      "",
    ]);
    expect(await read("output_obj1_confidence.txt")).toEqual(["0.000000", "1.000000", "0.500000", ""]);
    expect(tracker.disposed).toBe(2);
  });

  it("lists all that is wrong and writes nothing", async () => {
    const folder = await folderWith({
      "frames_color.txt": `${image}\n`,
      "query_a.txt": "1\n1,1,5,5\n",
      "query_b.txt": "0\n0\n",
      "query_c.txt": "0\n5,5\n",
      "query_d.txt": "",
    });
    const before = (await readdir(folder)).sort();
    await expect(runFolder(createDriftTracker(), folder)).rejects.toMatchObject({
      code: "VOT_FOLDER",
      issues: ["a", "b", "c", "d"].map((id) => expect.stringContaining(`query_${id}.txt`)),
    });
    expect((await readdir(folder)).sort()).toEqual(before);
    await expect(runFolder(createDriftTracker(), await folderWith({}))).rejects.toMatchObject({
      code: "VOT_FOLDER",
    });
    await expect(runFolder(createDriftTracker(), join(base, "none"))).rejects.toMatchObject({
      code: "VOT_FOLDER",
    });
  });

  it("leaves no output behind when a frame cannot be read", async () => {
    const folder = await folderWith({
      "frames_color.txt": `${image}\nnone.png\n`,
      "query_a.txt": "0\n1,1,5,5\n",
    });
    await expect(runFolder(createDriftTracker(), folder)).rejects.toMatchObject({
      code: "IMAGE_DECODE_FAILED",
    });
    expect((await readdir(folder)).sort()).toEqual(["frames_color.txt", "query_a.txt"]);
  });
});
