import { describe, expect, it } from "vitest";
import { pictures, type Tree, track, withDataset } from "../testing/dataset-trees.ts";

/** A folder with three pictures. */
function clip(groundTruth: string | Buffer, extra: Tree = {}): Tree {
  return { "clip/groundtruth.txt": groundTruth, ...pictures("clip", 3), ...extra };
}

const expected = [
  [1, 2, 6, 7],
  [2, 2.5, 7, 7.5],
  [3, 2, 8, 7],
];

describe("annotations as they come", () => {
  it.each([
    ["commas", "1,2,5,5\n2,2.5,5,5\n3,2,5,5\n"],
    ["tabs", "1\t2\t5\t5\n2\t2.5\t5\t5\n3\t2\t5\t5"],
    ["spaces", " 1 2 5 5\n2  2.5 5 5 \n3 2 5 5\n\n\n"],
    ["CRLF", "1,2,5,5\r\n2,2.5,5,5\r\n3,2,5,5\r\n"],
    ["a byte-order mark", "\uFEFF1,2,5,5\n2,2.5,5,5\n3,2,5,5\n"],
    ["a heading", "x,y,w,h\n1,2,5,5\n2,2.5,5,5\n3,2,5,5\n"],
    ["polygons", "1,2,6,2,6,7,1,7\n2,2.5,7,2.5,7,7.5,2,7.5\n8,4,3,7,5,2,5,3\n"],
    ["exponents", "1e0,2,5,5\n2,25e-1,.5e1,5.\n+3,2,5,5\n"],
  ])("%s", async (_, text) => {
    await withDataset("folder", clip(text), async ({ open }) => {
      const { sequences, columns } = await open();
      expect(track(sequences[0]!, sequences[0]!.objects[0]!)).toEqual(expected);
      expect(columns.warnings).toEqual([]);
    });
  });

  it("takes NaN as absent, and negative sizes with a warning", async () => {
    const text = "1,2,5,5\nNaN,NaN,NaN,NaN\n3,2,5,5\n";
    await withDataset("folder", clip(text), async ({ open }) => {
      const [first] = (await open()).sequences;
      expect(track(first!, first!.objects[0]!)).toEqual([expected[0], null, expected[2]]);
    });
    await withDataset("folder", clip("1,2,5,5\n9,9,-5,5\n3,2,5,5\n"), async ({ open }) => {
      const { sequences, columns } = await open();
      expect(track(sequences[0]!, sequences[0]!.objects[0]!)).toEqual([expected[0], null, expected[2]]);
      expect(columns.warnings).toEqual(["boxes of negative size, taken as absent: clip"]);
    });
  });

  it("counts all LaSOT frames as visible where flags are missing, with a warning", async () => {
    const tree = {
      "bus/bus-1/groundtruth.txt": "1,2,5,5\n2,2,5,5\n",
      "bus/bus-1/out_of_view.txt": "0,0",
      ...pictures("bus/bus-1/img", 2),
    };
    await withDataset("lasot", tree, async ({ open }) => {
      const { sequences, columns } = await open();
      expect(sequences[0]!.length).toBe(2);
      expect(columns.warnings).toEqual([
        "without full_occlusion.txt, so that all frames with a box count as visible: bus-1",
      ]);
    });
  });
});

describe("annotations that cannot be used", () => {
  const good = { "good/groundtruth.txt": "1,2,5,5\n", ...pictures("good", 1) };

  it.each([
    ["fewer rows than frames", "1,2,5,5\n2,2,5,5\n", "DATASET_LENGTH", /clip: 2 rows of boxes, 3 frames/],
    ["more rows than frames", "1,2,5,5\n".repeat(4), "DATASET_LENGTH", /clip: 4 rows of boxes, 3 frames/],
    ["words", "1,2,5,five\n".repeat(3), "BOXES_MALFORMED", /clip\/groundtruth\.txt/],
    ["five numbers", "1,2,5,5,1\n".repeat(3), "BOXES_MALFORMED", /clip\/groundtruth\.txt/],
    ["an empty line in the middle", "1,2,5,5\n\n1,2,5,5\n", "BOXES_MALFORMED", /clip\/groundtruth\.txt/],
    ["bytes of something else", Buffer.from([0xff, 0xd8, 0, 1]), "BOXES_MALFORMED", /clip/],
  ])("%s", async (_, text, code, message) => {
    await withDataset("folder", { ...clip(text), ...good }, async ({ open }) => {
      await expect(open()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    });
  });

  it.each([
    ["fewer", "1,2,5,5\n"],
    ["more", "1,2,5,5\n".repeat(5)],
  ])("%s rows than frames where frames are not listed", async (_, text) => {
    const tree = {
      "bus/bus-1/groundtruth.txt": text,
      "bus/bus-1/full_occlusion.txt": Array(text.split("\n").length - 1)
        .fill(0)
        .join(),
      ...pictures("bus/bus-1/img", 3),
    };
    await withDataset("lasot", tree, ({ open }) =>
      expect(open()).rejects.toMatchObject({
        code: "DATASET_LENGTH",
        message: expect.stringContaining("3 frames"),
      }),
    );
  });

  it("flags that are others or not as many as the frames", async () => {
    const text = "1,2,5,5\n2,2,5,5\n2,2,5,5\n";
    await withDataset("folder", clip(text, { "clip/absence.label": "0\n2\n0\n" }), ({ open }) =>
      expect(open()).rejects.toMatchObject({ code: "DATASET_FLAGS" }),
    );
    await withDataset("folder", clip(text, { "clip/absence.label": "0\n0\n" }), ({ open }) =>
      expect(open()).rejects.toMatchObject({ code: "DATASET_LENGTH" }),
    );
  });

  it("reports the problems of all sequences together", async () => {
    const tree = { ...clip("1,2,3\n"), "b/groundtruth.txt": "1,2,5,5\n", ...pictures("b", 2), ...good };
    await withDataset("folder", tree, ({ open }) =>
      expect(open()).rejects.toMatchObject({
        code: "DATASET_ANNOTATIONS",
        message: expect.stringContaining("2 sequences"),
        issues: [expect.stringContaining("b: 1 rows"), expect.stringContaining("clip/groundtruth.txt")],
      }),
    );
  });

  it("an empty dataset, in each way of being empty", async () => {
    await withDataset("folder", {}, ({ open }) =>
      expect(open()).rejects.toMatchObject({ code: "DATASET_EMPTY" }),
    );
    await withDataset("folder", clip("NaN,NaN,NaN,NaN\n".repeat(3)), ({ open }) =>
      expect(open()).rejects.toMatchObject({
        code: "DATASET_EMPTY",
        issues: ["no frame with a box, left out: clip"],
      }),
    );
    await withDataset("folder", { "clip/groundtruth.txt": "1,2,3,4" }, ({ open }) =>
      expect(open()).rejects.toMatchObject({
        code: "DATASET_EMPTY",
        issues: ["no pictures, left out: clip"],
      }),
    );
  });

  it.each([
    "lasot",
    "lasot_ext",
    "trackingnet",
    "got10k",
    "tnl2k",
    "vasttrack",
    "coco",
    "otb",
    "uav123",
    "nfs",
    "tc128",
    "vot",
    "folder",
    "mot",
    "coco_video",
    "cvat",
    "yolo",
  ])("a folder that is not %s", async (kind) => {
    const tree = { "some/where/else.md": "text", "photo.jpg": "picture" };
    await withDataset(kind, tree, ({ root, open }) =>
      expect(open()).rejects.toMatchObject({
        code: "DATASET_LAYOUT",
        message: expect.stringMatching(
          new RegExp(`^${root} is not laid out as ${kind}.*expected .*some/, photo`),
        ),
      }),
    );
  });

  it("a place that is not there, and a part that the kind has not", async () => {
    await withDataset("lasot", {}, async ({ open }) => {
      await expect(open({ path: "none" })).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
      await expect(open({ split: "training" })).rejects.toMatchObject({
        code: "DATASET_SPLIT",
        message: expect.stringContaining("train, test, all"),
      });
    });
    await withDataset("folder", {}, ({ open }) =>
      expect(open({ split: "train" })).rejects.toMatchObject({ code: "DATASET_SPLIT" }),
    );
  });

  it("a first picture that cannot be read does not keep the others from being used", async () => {
    const text = "-1,2,500,5\n2,2,5,5\n3,2,5,5\n";
    const tree = clip(text, { "clip/00000001.jpg": "broken" });
    await withDataset("folder", tree, async ({ open }) => {
      const { sequences, columns } = await open();
      expect(sequences[0]!.objects[0]!.box(0)).toEqual([0, 2, 64, 7]);
      expect(columns.warnings).toEqual([]);
    });
    const all = { ...tree, "clip/00000002.jpg": "broken", "clip/00000003.jpg": "broken" };
    await withDataset("folder", all, async ({ open }) => {
      expect((await open()).columns.warnings).toEqual([expect.stringContaining("size cannot be read")]);
    });
  });
});
