import { expect, it } from "vitest";
import { pictures, type Tree, track, withDataset } from "../../testing/dataset-trees.ts";

/** Boxes of every object by the name of the picture that they lie on. */
async function boxesByPicture(kind: string, tree: Tree) {
  return withDataset(kind, tree, async ({ open }) => {
    const { sequences, columns } = await open();
    const found = sequences.map((sequence) =>
      sequence.objects.map((object) =>
        Object.fromEntries(
          track(sequence, object).flatMap((box, frame) => {
            const name = sequence.framePath(frame).split("/").at(-1)!;
            return box ? [[name.replace(/\.\w+$/, ""), box]] : [];
          }),
        ),
      ),
    );
    return { found, warnings: columns.warnings };
  });
}

const refused = (kind: string, tree: Tree) =>
  withDataset(kind, tree, async ({ open }) =>
    open().then(
      () => "nothing",
      (error: { code: string; message: string; issues: string[] }) => error,
    ),
  );

const named = (folder: string, numbers: readonly number[], prefix = "frame_"): Tree =>
  Object.fromEntries(
    numbers.map((number) => [`${folder}/${prefix}${String(number).padStart(6, "0")}.jpg`, "picture"]),
  );

const task = (about: string, tracks: string) =>
  `<annotations><version>1.1</version><meta><task>${about}</task></meta>${tracks}</annotations>`;
const box = (frame: number, x: number) =>
  `<box frame="${frame}" outside="0" xtl="${x}" ytl="10" xbr="${x + 10}" ybr="20"/>`;
const stepped = task(
  "<size>4</size><start_frame>10</start_frame><stop_frame>19</stop_frame><frame_filter>step=3</frame_filter>",
  `<track id="0" label="a">${box(10, 1)}${box(19, 10)}</track>`,
);

it("puts CVAT's boxes on the pictures with their numbers, whatever step and start the task has", async () => {
  const { found } = await boxesByPicture("cvat", {
    "t/annotations.xml": stepped,
    ...named("t/images", [10, 13, 16, 19]),
  });
  expect(found).toEqual([
    [
      {
        frame_000010: [1, 10, 11, 20],
        frame_000013: [4, 10, 14, 20],
        frame_000016: [7, 10, 17, 20],
        frame_000019: [10, 10, 20, 20],
      },
    ],
  ]);
});

it("says which of CVAT's boxes have no picture, and refuses pictures that cannot be meant", async () => {
  const tree = { "t/annotations.xml": stepped, ...named("t/images", [10, 16, 19]) };
  const { found, warnings } = await boxesByPicture("cvat", tree);
  expect(Object.keys(found[0]![0]!)).toEqual(["frame_000010", "frame_000016", "frame_000019"]);
  expect(warnings).toContain("boxes in frames without a picture, left out (13): t");
  for (const numbers of [
    [0, 1, 2, 3],
    [110, 113, 116, 119],
  ]) {
    expect(
      await refused("cvat", { "t/annotations.xml": stepped, ...named("t/images", numbers) }),
    ).toMatchObject({ code: "DATASET_FRAMES" });
  }
  const others = { "t/annotations.xml": stepped, ...named("t/images", [0, 1, 2, 3], "shot-") };
  expect(await refused("cvat", others)).toMatchObject({ code: "DATASET_FRAMES" });
});

it("takes CVAT's ellipses and masks as boxes, and says which shapes have none", async () => {
  const shapes = `<track id="0"><ellipse frame="0" outside="0" cx="20" cy="20" rx="10" ry="5"/>
    <mask frame="1" outside="0" rle="1" left="3" top="4" width="7" height="8"/></track>
    <track id="1"><points frame="0" outside="0" points="1,2"/></track>`;
  const { found, warnings } = await boxesByPicture("cvat", {
    "t/annotations.xml": task("<size>2</size>", shapes),
    ...named("t", [0, 1]),
  });
  expect(found[0]).toEqual([{ frame_000000: [10, 15, 30, 25], frame_000001: [3, 4, 10, 12] }]);
  expect(warnings).toContain("points shapes have no box, left out: t (1)");
});

it("reads CVAT for images by the pictures' names", async () => {
  const image = (name: string, x: number, id = "") =>
    `<image id="0" name="${name}" width="64" height="48"><box label="a" xtl="${x}" ytl="1" xbr="${x + 9}" ybr="9">${id}</box></image>`;
  const xml = (...images: string[]) => `<annotations>${images.join("")}</annotations>`;
  const files = { "images/b.jpg": "picture", "images/a.jpg": "picture" };
  const { found } = await boxesByPicture("cvat", {
    ...files,
    "annotations.xml": xml(image("b.jpg", 2), image("a.jpg", 1)),
  });
  expect(found).toEqual([[{ a: [1, 1, 10, 9] }], [{ b: [2, 1, 11, 9] }]]);
  const id = '<attribute name="track_id">7</attribute>';
  const tracked = await boxesByPicture("cvat", {
    ...files,
    "annotations.xml": xml(image("b.jpg", 2, id), image("a.jpg", 1, id)),
  });
  expect(tracked.found).toEqual([[{ a: [1, 1, 10, 9], b: [2, 1, 11, 9] }]]);
});

it("puts MOT's boxes on the pictures with their numbers", async () => {
  const gt = "2,1,5,5,10,10,1\n3,1,6,5,10,10,1\n";
  const tree = (numbers: readonly number[]) => ({
    "s/gt/gt.txt": gt,
    ...named("s/img1", numbers, ""),
  });
  const boxes = async (numbers: readonly number[]) =>
    Object.keys((await boxesByPicture("mot", tree(numbers))).found[0]![0]!);
  expect(await boxes([1, 2, 3, 4])).toEqual(["000002", "000003"]);
  // CVAT's MOT export counts pictures from 0 and frames from 1.
  expect(await boxes([0, 1, 2, 3])).toEqual(["000001", "000002"]);
  // Numbered from anywhere, none of the numbers meant.
  expect(await boxes([501, 502, 503])).toEqual(["000502", "000503"]);
  // Thinned: frame 2 has no picture.
  expect(await refused("mot", tree([1, 3, 5]))).toMatchObject({ code: "DATASET_LENGTH" });
  expect(await refused("mot", tree([2, 3, 4]))).toMatchObject({ code: "DATASET_FRAMES" });
});

const yolo = (...files: string[]): Tree => ({
  ...pictures("images/v", files.length, { digits: 3 }),
  ...Object.fromEntries(files.map((text, i) => [`labels/v/00${i + 1}.txt`, text])),
});

it.each([
  ["class cx cy w h conf id", "0 0.5 0.5 0.25 0.5 0.93 1", "0 0.5 0.5 0.25 0.5 0.5 1"],
  ["class cx cy w h id", "0 0.5 0.5 0.25 0.5 3", "0 0.5 0.5 0.25 0.5 3"],
  ["class cx cy w h conf", "0 0.5 0.5 0.25 0.5 0.93", "0 0.5 0.5 0.25 0.5 1"],
  ["polygons of three points", "0 0.375 0.25 0.625 0.25 0.5 0.75", "0 0.375 0.25 0.625 0.25 0.5 0.75"],
  [
    "polygons with a track",
    "0 0.375 0.25 0.625 0.25 0.5 0.75 0.5 0.5 4",
    "0 0.375 0.25 0.625 0.25 0.5 0.75 0.5 0.5 4",
  ],
])("reads YOLO's %s", async (_, first, second) => {
  const { found } = await boxesByPicture("yolo", yolo(first, second));
  const expected = [24, 12, 40, 36];
  expect(found).toEqual([[{ "001": expected, "002": expected }]]);
});

it.each([
  ["a box or a triangle", "0 0.5 0.5 0.25 0.5 0.93 1"],
  ["tracks beside fractions", "0 0.5 0.5 0.25 0.5 7\n0 0.5 0.5 0.25 0.5 0.9"],
  ["a track before the confidence", "0 0.5 0.5 0.25 0.5 1 0.9"],
  ["decimal commas", "0;0,5;0,5;0,25;0,5"],
])("refuses YOLO's rows that could be several things: %s", async (_, text) => {
  const error = await refused("yolo", yolo(text));
  expect(error).toMatchObject({ code: "BOXES_MALFORMED", issues: [expect.stringContaining("line ")] });
});

it.each([
  ["0 0.5 0.5 0.2 0.5 3\n0 0.4 0.5 0.2 0.5 3", "yolo", "labels/v/001.txt", "line 2"],
  ["1,4,1,1,9,9\n2,4,1,1,9,9\n1,4,5,5,9,9", "mot", "s/gt/gt.txt", "line 3"],
  ["1,-1,1,1,9,9\n1,-1,20,1,9,9", "mot", "s/gt/gt.txt", "line 2"],
])("refuses one track twice in a frame: %j", async (text, kind, file, line) => {
  const tree = kind === "yolo" ? yolo(text) : { "s/gt/gt.txt": text, ...named("s/img1", [1, 2], "") };
  const error = await refused(kind, tree);
  expect(error).toMatchObject({
    code: "DATASET_TRACK_TWICE",
    message: expect.stringContaining(file),
    issues: [expect.stringContaining(line)],
  });
});

it("refuses one track twice in a frame of COCO's videos and of CVAT", async () => {
  const coco = {
    videos: [{ id: 1, name: "v" }],
    images: [{ id: 5, file_name: "v/1.jpg", video_id: 1, frame_index: 0 }],
    annotations: [
      { id: 1, image_id: 5, track_id: 8, bbox: [1, 2, 3, 4] },
      { id: 2, image_id: 5, track_id: 8, bbox: [2, 2, 3, 4] },
    ],
  };
  expect(await refused("coco_video", { "a.json": JSON.stringify(coco), "v/1.jpg": "picture" })).toMatchObject(
    { code: "DATASET_TRACK_TWICE", issues: [expect.stringContaining("annotation 2")] },
  );
  const xml = task("<size>2</size>", `<track id="0">${box(1, 1)}${box(1, 2)}</track>`);
  expect(await refused("cvat", { "a.xml": xml, ...named("images", [0, 1]) })).toMatchObject({
    code: "DATASET_TRACK_TWICE",
  });
});
