import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { withFolder } from "../../testing/clips.ts";
import { type Tree, writeTree } from "../../testing/dataset-trees.ts";
import { openAnnotations } from "./open-annotations.ts";

async function opened(kind: string, files: Tree, split?: string) {
  return withFolder(async (folder) => {
    await writeTree(folder, files);
    return openAnnotations(`${kind}:${folder}`, { split });
  });
}

const boxes = "11,21,30,40\n12,22,30,40\n0,0,0,0\n";
const truth = [11, 21, 30, 40, 12, 22, 30, 40, 0, 0, 0, 0];

describe("openAnnotations", () => {
  it("reads LaSOT as it is downloaded, without pictures, test sequences only, in the numbers of its files", async () => {
    const sequence = (name: string): Tree => ({
      [`${name}/groundtruth.txt`]: boxes,
      [`${name}/full_occlusion.txt`]: "0,1,0",
      [`${name}/out_of_view.txt`]: "0,0,1",
    });
    const files = { ...sequence("airplane/airplane-1"), ...sequence("airplane/airplane-2") };
    const { sequences } = await opened("lasot", files);
    expect(sequences.map(({ name }) => name)).toEqual(["airplane-1"]);
    expect([...sequences[0]!.truth]).toEqual(truth);
    expect([...sequences[0]!.visible!]).toEqual([1, 0, 0]);
    expect((await opened("lasot", files, "all")).sequences).toHaveLength(2);
  });

  it("reads a toolkit's folders: flags, attributes, the list of sequences", async () => {
    const flags = (...on: number[]) =>
      Array.from({ length: 14 }, (_, i) => (on.includes(i) ? 1 : 0)).join(",");
    const files = {
      "toolkit/annos/a-1.txt": boxes,
      "toolkit/annos/b-1.txt": boxes,
      "toolkit/annos/absent/a-1.txt": "0\n0\n1\n",
      "toolkit/annos/absent/b-1.txt": "0\n0\n0\n",
      "toolkit/annos/att/a-1.txt": flags(0, 13),
      "toolkit/annos/att/b-1.txt": flags(13),
      "toolkit/testing_set.txt": "a-1\n",
    };
    const { sequences, attributes } = await opened("lasot", files);
    expect(sequences.map(({ name }) => name)).toEqual(["a-1"]);
    expect(sequences[0]).toMatchObject({ attributes: ["IV", "ARC"] });
    expect([...sequences[0]!.visible!]).toEqual([1, 1, 0]);
    expect(attributes).toEqual(["IV", "ARC"]);
  });

  it("reads TNL2K's toolkit out of a zip archive", () =>
    withFolder(async (folder) => {
      const path = join(folder, "annos.zip");
      const files = {
        "annos/gt_rect/x_done.txt": strToU8("1.5 2 3 4\n5 6 7 8\n"),
        "annos/absent/x_done.txt": strToU8("0\n1\n"),
        "annos/att/x_done_attribute.txt": strToU8(`${Array(17).fill("1").join("\n")}\n`),
      };
      await writeFile(path, zipSync(files));
      const { sequences, attributes } = await openAnnotations(`tnl2k:${path}`);
      expect(sequences).toMatchObject([{ name: "x_done", truth: Float64Array.of(1.5, 2, 3, 4, 5, 6, 7, 8) }]);
      expect(attributes).toHaveLength(17);
    }));

  it("reads OTB's list of attributes, and several objects of a video", async () => {
    const downloaded = { "Jogging/groundtruth_rect.1.txt": boxes, "Jogging/groundtruth_rect.2.txt": boxes };
    expect((await opened("otb", downloaded)).sequences.map(({ name }) => name)).toEqual([
      "Jogging-1",
      "Jogging-2",
    ]);
    const toolkit = { "annos/Car.txt": boxes, "attributes_tb.txt": "# names\nCar\tIV, OCC\n" };
    expect((await opened("otb", toolkit)).sequences[0]!.attributes).toEqual(["IV", "OCC"]);
  });

  it("counts GOT-10k's frames as visible where anything can be seen", async () => {
    const files = {
      "val/list.txt": "V_1\n",
      "val/V_1/groundtruth.txt": boxes,
      "val/V_1/absence.label": "0\n0\n0\n",
      "val/V_1/cover.label": "8\n1\n0\n",
      "val/V_1/meta_info.ini": "[METAINFO]\nresolution: (640, 360)\n",
    };
    const { sequences } = await opened("got10k", files);
    expect([...sequences[0]!.visible!]).toEqual([1, 1, 0]);
    expect(sequences[0]!.size).toEqual({ width: 640, height: 360 });
  });

  const tnl2k = fileURLToPath(
    new URL("../../../../../../shared/data/metrics/tnl2k/annos.tar.gz", import.meta.url),
  );
  if (!existsSync(tnl2k)) console.warn("skipped: there is no ../shared/data/metrics/tnl2k");
  it.skipIf(!existsSync(tnl2k))("reads the whole of TNL2K's annotation", async () => {
    const { sequences, attributes } = await openAnnotations(`tnl2k:${tnl2k}`);
    expect(sequences).toHaveLength(700);
    expect(attributes).toHaveLength(17);
    expect(sequences.every(({ visible, truth }) => visible?.length === truth.length / 4)).toBe(true);
  });
});
