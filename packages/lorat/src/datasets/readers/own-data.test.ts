import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readNumber, squareAt, writeClip } from "../../testing/clips.ts";
import { PICTURE, picture, pictures, track, withDataset } from "../../testing/dataset-trees.ts";
import { openEvalSet } from "../open-eval-set.ts";
import { interpolateShapes } from "./cvat.ts";

describe("folder", () => {
  it("takes folders of pictures, or one such folder", async () => {
    const tree = {
      "a/groundtruth.txt": "1,2,5,5\n2,2,5,5\n",
      "a/absence.label": "0\n1\n",
      ...pictures("a", 2),
      "class/b/groundtruth.txt": "1,2,5,5\n",
      ...pictures("class/b/img", 1),
      "notes/readme.txt": "nothing",
    };
    await withDataset("folder", tree, async ({ root, open }) => {
      const { names, sequences } = await open();
      expect(names).toEqual(["a", "b"]);
      expect(sequences.map(({ length }) => length)).toEqual([1, 1]);
      expect(sequences[1]!.framePath(0)).toBe(join(root, "class/b/img/00000001.jpg"));
      const single = await open({ path: "a" });
      expect(single.names).toEqual(["a"]);
      expect(single.sequences[0]!.framePath(0)).toBe(join(root, "a/00000001.jpg"));
    });
  });

  it("unpacks the annotated frames of videos once", async () => {
    await withDataset("folder", {}, async ({ root, open }) => {
      await writeClip(join(root, "clip.mp4"), { frames: 12 });
      const row = (frame: number) => {
        const { x, y, width, height } = squareAt(frame);
        return frame < 3 || frame > 9 ? "NaN,NaN,NaN,NaN" : `${x},${y},${width},${height}`;
      };
      await writeFile(join(root, "clip.txt"), Array.from({ length: 12 }, (_, i) => row(i)).join("\n"));
      await writeFile(join(root, "other.mp4"), "no boxes, never opened");
      const seen: string[] = [];
      const { names, sequences, columns } = await open({
        onProgress: ({ phase, done, total }) => seen.push(`${phase} ${done}/${total}`),
      });
      expect(names).toEqual(["clip"]);
      expect(columns.warnings).toEqual([expect.stringContaining("other.mp4")]);
      expect(seen.at(-1)).toBe("unpacking 7/7");
      const [clip] = sequences;
      expect(clip!.length).toBe(7);
      for (const frame of [0, 6]) {
        const path = clip!.framePath(frame);
        const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
        const decoded = { width: info.width, height: info.height, channels: 3 as const, data, index: 0 };
        expect(readNumber(decoded)).toBe(frame + 3);
        const { x, y, width, height } = squareAt(frame + 3);
        expect(clip!.objects[0]!.box(frame)).toEqual([x, y, x + width, y + height]);
        expect((await sharp(path).metadata()).chromaSubsampling).toBe("4:4:4");
      }

      // later only the index is read; without the pictures everything is done again
      let opened: { fromCache: boolean } | undefined;
      const again = await open({ onOpened: (outcome) => (opened = outcome) });
      expect(opened).toMatchObject({ fromCache: true });
      expect(again.sequences[0]!.framePath(0)).toBe(clip!.framePath(0));
      const unpacked = join(clip!.framePath(0), "..");
      await rm(unpacked, { recursive: true });
      // what a killed process left is removed
      const abandoned = `${unpacked}.999999999.partial`;
      await writeFile(abandoned, "");
      await open({ onOpened: (outcome) => (opened = outcome) });
      expect(opened).toMatchObject({ fromCache: false });
      expect(await readdir(unpacked)).toHaveLength(7);
      expect(await readdir(join(unpacked, ".."))).toHaveLength(1);
    });
  });

  it("begins again after unpacking was interrupted", async () => {
    await withDataset("folder", {}, async ({ root, open }) => {
      await writeClip(join(root, "clip.mp4"), { frames: 8 });
      await writeFile(join(root, "clip.txt"), "1,2,30,30\n".repeat(8));
      const controller = new AbortController();
      const interrupted = open({
        signal: controller.signal,
        onProgress: ({ phase, done }) => {
          if (phase === "unpacking" && done === 3) controller.abort();
        },
      });
      await expect(interrupted).rejects.toMatchObject({ name: "AbortError" });
      expect(await readdir(join(root, "../cache/frames"))).toEqual([]);
      expect((await open()).sequences[0]!.length).toBe(8);
    });
  });

  it("takes one video with groundtruth.txt as lorat synth --video writes them", async () => {
    const tree = {
      "plain_1/groundtruth.txt": "1,2,30,30\n".repeat(3),
      "plain_1/absence.label": "0\n1\n0\n",
    };
    await withDataset("folder", tree, async ({ root, open }) => {
      await writeClip(join(root, "plain_1", "clip.mp4"), { frames: 3 });
      const { names, sequences } = await open();
      expect(names).toEqual(["plain_1"]);
      expect(track(sequences[0]!, sequences[0]!.objects[0]!)).toEqual([[1, 2, 31, 32], null, [1, 2, 31, 32]]);
      const { sequences: evaluated } = await openEvalSet({
        dataset: `folder:${root}`,
        cacheDir: join(root, "cache"),
      });
      expect((await readdir(evaluated[0]!.folder)).length).toBe(3);
    });
  });

  it("says how many frames a video has where its boxes are others", async () => {
    await withDataset("folder", {}, async ({ root, open }) => {
      await writeClip(join(root, "clip.mp4"), { frames: 5 });
      await writeFile(join(root, "clip.txt"), "1,2,30,30\n".repeat(7));
      await expect(open()).rejects.toMatchObject({ code: "DATASET_LENGTH" });
    });
  });
});

it("mot reads tracks, without rows that are not to be used", async () => {
  const rows = [
    "1,5,1,2,10,10,1,1,1",
    "3,5,3,2,10,10,1,1,0.5",
    "2,9,20,20,10,10,0,8,1",
    "2,7,30,30,10,10,1,1,1",
  ];
  const tree = {
    "MOT17-02/gt/gt.txt": rows.join("\r\n"),
    "MOT17-02/seqinfo.ini": "[Sequence]\nname=MOT17-02\nimDir=img1\nimWidth=35\nimHeight=48\n",
    ...pictures("MOT17-02/img1", 4, { digits: 6 }),
  };
  await withDataset("mot", tree, async ({ open }) => {
    const [first] = (await open()).sequences;
    expect(first!.length).toBe(3);
    expect(first!.objects.map((object) => track(first!, object))).toEqual([
      [[1, 2, 11, 12], null, [3, 2, 13, 12]],
      [null, [30, 30, 35, 40], null],
    ]);
  });
  const bad = { ...tree, "MOT17-02/gt/gt.txt": "0,1,2,3,4,5\n1,1,2,3\n9,1,1,1,5,5\n" };
  await withDataset("mot", bad, ({ open }) =>
    expect(open()).rejects.toMatchObject({
      code: "BOXES_MALFORMED",
      issues: [expect.stringMatching(/^line 1/), expect.stringMatching(/^line 2/)],
    }),
  );
});

describe("coco_video", () => {
  it("reads lists of boxes (YouTube-VIS)", async () => {
    const json = {
      videos: [
        {
          id: 1,
          width: 64,
          height: 48,
          length: 3,
          file_names: ["v/00000.jpg", "v/00005.jpg", "v/00010.jpg"],
        },
      ],
      annotations: [
        { id: 1, video_id: 1, iscrowd: 0, bboxes: [null, [1, 2, 5, 5], [2, 2, 5, 5]] },
        { id: 2, video_id: 1, iscrowd: 1, bboxes: [[1, 2, 5, 5], null, null] },
      ],
    };
    const tree = {
      "train.json": JSON.stringify(json),
      "JPEGImages/v/00000.jpg": "picture",
      "JPEGImages/v/00005.jpg": "picture",
      "JPEGImages/v/00010.jpg": "picture",
    };
    await withDataset("coco_video", tree, async ({ root, open }) => {
      const { names, sequences } = await open();
      expect(names).toEqual(["v"]);
      expect(sequences[0]!.framePath(0)).toBe(join(root, "JPEGImages/v/00005.jpg"));
      expect(track(sequences[0]!, sequences[0]!.objects[0]!)).toEqual([
        [1, 2, 6, 7],
        [2, 2, 7, 7],
      ]);
    });
  });

  it("reads boxes with pictures and tracks (TAO)", async () => {
    const json = {
      videos: [{ id: 4, name: "train/HACS/x", width: 64, height: 48 }],
      images: [
        { id: 11, video_id: 4, file_name: "train/HACS/x/f31.jpg", frame_index: 31 },
        { id: 10, video_id: 4, file_name: "train/HACS/x/f1.jpg", frame_index: 1 },
      ],
      annotations: [
        { id: 1, image_id: 10, video_id: 4, track_id: 8, bbox: [1, 2, 5, 5] },
        { id: 2, image_id: 11, video_id: 4, track_id: 8, bbox: [2, 2, 5, 5] },
        { id: 3, image_id: 11, video_id: 4, track_id: 9, bbox: [9, 9, 5, 5] },
      ],
    };
    const tree = {
      "annotations/train.json": JSON.stringify(json),
      "frames/train/HACS/x/f1.jpg": "picture",
      "frames/train/HACS/x/f31.jpg": "picture",
    };
    await withDataset("coco_video", tree, async ({ root, open }) => {
      const { names, sequences } = await open();
      expect(names).toEqual(["train/HACS/x"]);
      expect(sequences[0]!.framePath(1)).toBe(join(root, "frames/train/HACS/x/f31.jpg"));
      expect(sequences[0]!.objects.map((object) => track(sequences[0]!, object))).toEqual([
        [
          [1, 2, 6, 7],
          [2, 2, 7, 7],
        ],
        [null, [9, 9, 14, 14]],
      ]);
    });
  });
});

describe("cvat", () => {
  const xml = `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><id>1</id><name>cars &amp; more</name><size>5</size>
    <labels><label><name>car</name></label></labels>
    <original_size><width>64</width><height>48</height></original_size><source>clip.mp4</source>
  </task></meta>
  <track id="0" label="car" source="manual">
    <box frame="0" outside="0" occluded="0" keyframe="1" xtl="10" ytl="10" xbr="20" ybr="20" z_order="0"></box>
    <box frame="2" outside="0" occluded="1" keyframe="1" xtl="14" ytl="10" xbr="24" ybr="22" z_order="0"></box>
    <box frame="3" outside="1" occluded="0" keyframe="1" xtl="14" ytl="10" xbr="24" ybr="22" z_order="0"></box>
  </track>
  <track id="1" label="car"><polygon frame="4" outside="0" points="1.5,2;10,4;5,12"/></track>
</annotations>`;

  it("reads tracks over pictures; polygons become boxes and gaps are filled", async () => {
    const tree = { "task/annotations.xml": xml, ...pictures("task/images", 5, { first: 0, digits: 6 }) };
    await withDataset("cvat", tree, async ({ root, open }) => {
      const { names, sequences } = await open();
      expect(names).toEqual(["task"]);
      expect(sequences[0]!.framePath(4)).toBe(join(root, "task/images/000004.jpg"));
      expect(sequences[0]!.objects.map((object) => track(sequences[0]!, object))).toEqual([
        [[10, 10, 20, 20], [12, 10, 22, 21], [14, 10, 24, 22], null, null],
        [null, null, null, null, [1.5, 2, 10, 12]],
      ]);
      expect((await open({ path: "task/annotations.xml" })).names).toEqual(["task"]);
    });
  });

  it("reads the video that it names", async () => {
    await withDataset("cvat", { "drive.xml": xml }, async ({ root, open }) => {
      await writeClip(join(root, "clip.mp4"), { frames: 5 });
      const { names, sequences } = await open();
      expect(names).toEqual(["drive"]);
      expect(sequences[0]!.length).toBe(5);
      const { width, height } = await sharp(sequences[0]!.framePath(4)).metadata();
      expect([width, height]).toEqual([160, 120]);
    });
  });

  it("turns boxes about their centre, and does not fill after a shape outside", () => {
    const shapes = [
      { frame: 4, box: [0, 0, 2, 2] as const },
      { frame: 0, box: [0, 0, 1, 1] as const },
      { frame: 1, box: undefined },
    ];
    expect([...interpolateShapes(shapes).keys()]).toEqual([0, 4]);
  });

  it.each([
    ["no XML", "hello", "DATASET_XML"],
    ["half a file", xml.slice(0, 600), "DATASET_XML"],
    ["another document", "<root><a/></root>", "DATASET_XML"],
    ["a box without a corner", xml.replace('xbr="20"', ""), "DATASET_XML"],
  ])("refuses %s", async (_, text, code) => {
    await withDataset("cvat", { "a.xml": text, ...pictures("", 5) }, ({ open }) =>
      expect(open()).rejects.toMatchObject({ code }),
    );
  });
});

describe("yolo", () => {
  const whole = { "images/train/v/1.jpg": "picture", "images/train/v/2.jpg": "picture" };

  it("makes a video of a folder whose labels have tracks", async () => {
    const tree = {
      ...whole,
      "labels/train/v/1.txt": "0 0.5 0.5 0.25 0.5 3\n1 0.25 0.25 0.5 0.5 4\n",
      "labels/train/v/2.txt": "0 0.75 0.5 0.25 0.5 3\n",
      "data.yaml": "names: [a, b]",
    };
    await withDataset("yolo", tree, async ({ open }) => {
      const { names, sequences } = await open();
      expect(names).toEqual(["train/v"]);
      expect(sequences[0]!.objects.map((object) => track(sequences[0]!, object))).toEqual([
        [
          [24, 12, 40, 36],
          [40, 12, 56, 36],
        ],
        [[0, 0, 32, 24], null],
      ]);
      expect((await open({ split: "train" })).names).toEqual(names);
      await expect(open({ split: "val" })).rejects.toMatchObject({ code: "DATASET_LAYOUT" });
    });
  });

  it("takes one object a picture as one track, and several without tracks picture by picture", async () => {
    const one = {
      ...whole,
      "labels/train/v/1.txt": "0 0.5 0.5 0.25 0.5",
      "labels/train/v/2.txt": "0 0.5 0.5 0.5 0.5",
    };
    await withDataset("yolo", one, async ({ open }) => {
      const { sequences, columns } = await open();
      expect(sequences.map(({ length }) => length)).toEqual([2]);
      expect(columns.warnings).toHaveLength(1);
    });
    const several = {
      "shots/a.jpg": await picture({ width: 100, height: 200 }),
      "shots/a.txt": "0 0.5 0.5 0.5 0.5\n0 0.1 0.1 0.2 0.1 0.2 0.2\n",
      "shots/b.jpg": "picture",
    };
    await withDataset("yolo", several, async ({ open }) => {
      const { sequences, names } = await open();
      expect(names).toEqual(["shots/a.jpg"]);
      expect(sequences[0]!.objects.map((object) => object.box(0).map((value) => Math.round(value)))).toEqual([
        [25, 50, 75, 150],
        [10, 20, 20, 40],
      ]);
    });
  });

  it.each([
    ["words", "car 0.5 0.5 0.1 0.1"],
    ["three numbers", "0 0.5 0.5"],
    ["pixels", `0 ${PICTURE.width} 20 30 10`],
  ])("refuses %s", async (_, text) => {
    await withDataset("yolo", { ...whole, "labels/train/v/1.txt": text }, ({ open }) =>
      expect(open()).rejects.toMatchObject({ code: "BOXES_MALFORMED" }),
    );
  });

  it("needs the size of its pictures", async () => {
    const tree = { "images/1.jpg": "no picture", "labels/1.txt": "0 0.5 0.5 0.5 0.5" };
    await withDataset("yolo", tree, ({ open }) =>
      expect(open()).rejects.toMatchObject({ code: "DATASET_PICTURE" }),
    );
  });
});
