import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { picture, pictures, track, withDataset } from "../../testing/dataset-trees.ts";
import { LASOT_TEST } from "./lasot.ts";
import { parseVatic } from "./nfs.ts";
import { boxOfMask, parseRegions } from "./vot.ts";

describe("lasot", () => {
  const sequence = (name: string, extra = {}) => ({
    [`${name}/groundtruth.txt`]: "11,21,10,10\n12,22,10,10\n13,23,10,10\n14,24,10,10\n",
    [`${name}/full_occlusion.txt`]: "0,1,0,0\n",
    [`${name}/out_of_view.txt`]: "0,0,0,1\n",
    [`${name}/nlp.txt`]: "an airplane",
    ...pictures(`${name}/img`, 4),
    ...extra,
  });
  const tree = {
    ...sequence("airplane/airplane-2"),
    ...sequence("airplane/airplane-10"),
    ...sequence("airplane/airplane-9"),
  };

  it("counts pixels from 0, leaves out flagged frames, and keeps test sequences out of training", async () => {
    await withDataset("lasot", tree, async ({ root, open }) => {
      const { sequences, names, dataset, columns } = await open();
      expect(names).toEqual(["airplane-2", "airplane-10"]);
      expect(dataset.name).toBe(`lasot:${root} (train)`);
      expect(columns.warnings).toEqual([]);
      const [first] = sequences;
      expect(first!.objects).toHaveLength(1);
      expect(track(first!, first!.objects[0]!)).toEqual([[10, 20, 20, 30], null, [12, 22, 22, 32]]);
      expect(first!.framePath(2)).toBe(join(root, "airplane/airplane-2/img/00000003.jpg"));
      expect((await open({ split: "test" })).names).toEqual(["airplane-9"]);
      expect((await open({ split: "train,test" })).names).toEqual([
        "airplane-2",
        "airplane-9",
        "airplane-10",
      ]);
    });
  });

  it("knows the 280 test sequences, four of each of 70 classes", () => {
    expect(LASOT_TEST.size).toBe(280);
    const classes = [...LASOT_TEST].map((name) => name.replace(/-\d+$/, ""));
    expect(new Set(classes).size).toBe(70);
    for (const name of new Set(classes)) expect(classes.filter((other) => other === name)).toHaveLength(4);
  });

  it("of the extension counts from 0 in the file already", async () => {
    await withDataset("lasot_ext", sequence("atv/atv-1"), async ({ open }) => {
      const [first] = (await open()).sequences;
      expect(track(first!, first!.objects[0]!)[0]).toEqual([11, 21, 21, 31]);
    });
  });
});

it("trackingnet counts frames from 0 and knows its parts", async () => {
  const tree = {
    "TRAIN_0/anno/a-Q_1.txt": "1.5,2.25,10,10\n2,2,10,10\n".repeat(6),
    ...pictures("TRAIN_0/frames/a-Q_1", 12, { first: 0, digits: 1 }),
    "TRAIN_3/anno/b.txt": "1,2,10,10\n",
    ...pictures("TRAIN_3/frames/b", 1, { first: 0, digits: 1 }),
    "TEST/anno/c.txt": "1,2,10,10\n",
    ...pictures("TEST/frames/c", 3, { first: 0, digits: 1 }),
  };
  await withDataset("trackingnet", tree, async ({ root, open }) => {
    const { names, sequences } = await open();
    expect(names).toEqual(["a-Q_1", "b"]);
    expect(sequences[0]!.length).toBe(12);
    expect(sequences[0]!.objects[0]!.box(0)).toEqual([1.5, 2.25, 11.5, 12.25]);
    const paths = [0, 9, 10].map((frame) => sequences[0]!.framePath(frame));
    expect(paths).toEqual(["0", "9", "10"].map((name) => join(root, "TRAIN_0/frames/a-Q_1", `${name}.jpg`)));
    expect((await open({ split: "TRAIN_3" })).names).toEqual(["b"]);
    const test = (await open({ split: "test" })).sequences;
    expect(test.map(({ name, length }) => [name, length])).toEqual([["c", 1]]);
  });
});

describe("got10k", () => {
  const sequence = (folder: string, absence: string) => ({
    [`${folder}/groundtruth.txt`]: "1.0000,2.0000,10.0000,10.0000\n5,5,200,200\n5,5,10,10\n",
    [`${folder}/absence.label`]: absence,
    [`${folder}/meta_info.ini`]: "[METAINFO]\nobject_class: bear\nresolution: (60, 40)\nanno_fps: 10Hz\n",
    ...pictures(folder, 3),
  });
  const tree = {
    "train/list.txt": "GOT-10k_Train_000002\nGOT-10k_Train_000001\nGOT-10k_Train_000003\n",
    ...sequence("train/GOT-10k_Train_000001", "0\n0\n1\n"),
    ...sequence("train/GOT-10k_Train_000002", "0\n0\n0\n"),
    ...sequence("train/GOT-10k_Train_000003", "0\n1\n0\n"),
    "test/list.txt": "GOT-10k_Test_000001\n",
    "test/GOT-10k_Test_000001/groundtruth.txt": "1,2,10,10\n",
    ...pictures("test/GOT-10k_Test_000001", 3),
    "paper.txt": "# the paper's\r\n2\r\n0\r\n",
    "names.txt": "GOT-10k_Train_000001",
    "bad.txt": "GOT-10k_Train_00001\n7\n2\n2\n",
  };

  it("follows list.txt, absence.label and the resolution of meta_info.ini", async () => {
    await withDataset("got10k", tree, async ({ open }) => {
      const { names, sequences } = await open();
      expect(names).toEqual(["GOT-10k_Train_000002", "GOT-10k_Train_000001", "GOT-10k_Train_000003"]);
      expect(sequences.map((sequence) => track(sequence, sequence.objects[0]!))).toEqual([
        [
          [1, 2, 11, 12],
          [5, 5, 60, 40],
          [5, 5, 15, 15],
        ],
        [
          [1, 2, 11, 12],
          [5, 5, 60, 40],
        ],
        [[1, 2, 11, 12], null, [5, 5, 15, 15]],
      ]);
      expect((await open({ path: "train" })).names).toEqual(names);
      await expect(open({ path: "train", split: "val" })).rejects.toMatchObject({ code: "DATASET_LAYOUT" });
      expect((await open({ split: "test" })).sequences.map(({ length }) => length)).toEqual([1]);
    });
  });

  it("takes a list of positions in list.txt's order, or of names", async () => {
    await withDataset("got10k", tree, async ({ root, open }) => {
      const all = await open();
      const paper = await open({ list: join(root, "paper.txt") });
      expect(paper.names).toEqual(["GOT-10k_Train_000003", "GOT-10k_Train_000002"]);
      expect(paper.dataset.name).toContain("(train, list paper.txt)");
      expect(paper.dataset.fingerprint).not.toBe(all.dataset.fingerprint);
      expect((await open({ list: join(root, "names.txt") })).names).toEqual(["GOT-10k_Train_000001"]);
      await expect(open({ list: join(root, "bad.txt") })).rejects.toMatchObject({
        code: "DATASET_LIST",
        issues: [
          "line 1: no sequence GOT-10k_Train_00001, nearest is GOT-10k_Train_000001",
          "line 2: position 7, there are 3 sequences",
          "line 4: GOT-10k_Train_000003 comes a second time",
        ],
      });
      await expect(open({ list: join(root, "none.txt") })).rejects.toMatchObject({ code: "DATASET_LIST" });
    });
  });
});

describe("coco", () => {
  const instances = JSON.stringify({
    info: { year: 2017 },
    images: [
      { id: 7, file_name: "000000000007.jpg", width: 64, height: 48 },
      { id: 3, file_name: "000000000003.jpg", width: 64, height: 48 },
      { id: 9, file_name: "000000000009.jpg", width: 64, height: 48 },
    ],
    annotations: [
      { id: 1, image_id: 3, bbox: [1.5, 2, 10, 10], iscrowd: 0, segmentation: [[1, 2, 3, 4]] },
      { id: 2, image_id: 7, bbox: [60, 40, 10, 10], iscrowd: 0 },
      { id: 3, image_id: 7, bbox: [0, 0, 5, 5], iscrowd: 1, segmentation: { counts: [1], size: [5, 5] } },
      { id: 4, image_id: 3, bbox: [5, 5, 10, 0], iscrowd: 0 },
      { id: 5, image_id: 3, bbox: [20, 20, 10, 10], iscrowd: 0 },
    ],
    categories: [{ id: 1, name: "person" }],
  });
  const photos = {
    "000000000007.jpg": "picture",
    "000000000003.jpg": "picture",
    "000000000009.jpg": "picture",
  };
  const at = (folder: string) =>
    Object.fromEntries(Object.entries(photos).map(([name, content]) => [join(folder, name), content]));

  it.each(["images/train2017", "train2017"])("makes a sequence of each picture in %s", async (folder) => {
    const tree = { "annotations/instances_train2017.json": instances, ...at(folder) };
    await withDataset("coco", tree, async ({ root, open }) => {
      const { sequences, names } = await open();
      expect(names).toEqual(["000000000007", "000000000003"]);
      const boxes = sequences.map(({ objects }) => objects.map((object) => object.box(0)));
      expect(boxes).toEqual([
        [[60, 40, 64, 48]],
        [
          [1.5, 2, 11.5, 12],
          [20, 20, 30, 30],
        ],
      ]);
      expect(sequences[0]!.framePath(0)).toBe(join(root, folder, "000000000007.jpg"));
      await expect(open({ split: "val" })).rejects.toMatchObject({ code: "DATASET_LAYOUT" });
    });
  });

  it("reads a file of any name with its pictures beside it", async () => {
    await withDataset("coco", { "mine/all.json": instances, ...at("mine") }, async ({ root, open }) => {
      const { sequences } = await open({ path: "mine/all.json" });
      expect(sequences[1]!.framePath(0)).toBe(join(root, "mine", "000000000003.jpg"));
    });
  });

  it("says where an annotation is not what it should be, and that pictures are missing", async () => {
    const bad = JSON.stringify({ images: [], annotations: [{ image_id: 1, bbox: [1, 2, 3] }] });
    await withDataset("coco", { "annotations/instances_train2017.json": bad }, async ({ open }) => {
      await expect(open()).rejects.toMatchObject({
        code: "DATASET_JSON",
        message: expect.stringContaining("annotations[0].bbox"),
      });
    });
    await withDataset("coco", { "annotations/instances_train2017.json": instances }, async ({ open }) => {
      await expect(open()).rejects.toMatchObject({
        code: "DATASET_EMPTY",
        issues: [expect.stringContaining("no pictures")],
      });
    });
  });
});

it("vasttrack counts pixels from 1 and takes a row of zeros as absent", async () => {
  const tree = {
    "bear/bear-1/Groundtruth.txt": "11,11,5,5\n0,0,0,0\n13,13,5,5\n",
    ...pictures("bear/bear-1/imgs", 3, { digits: 5 }),
    "cat/cat-2/groundtruth.txt": "1,1,5,5\n",
    ...pictures("cat/cat-2/imgs", 1, { digits: 5 }),
  };
  await withDataset("vasttrack", tree, async ({ open }) => {
    const { names, sequences } = await open();
    expect(names).toEqual(["bear-1", "cat-2"]);
    expect(track(sequences[0]!, sequences[0]!.objects[0]!)).toEqual([
      [10, 10, 15, 15],
      null,
      [12, 12, 17, 17],
    ]);
    expect(sequences[1]!.objects[0]!.box(0)).toEqual([0, 0, 5, 5]);
  });
});

it("tnl2k reads pictures of any name", async () => {
  const tree = {
    "Fire_video/groundtruth.txt": "1,2,5,5\n0,0,0,0\n2,2,5,5\n",
    "Fire_video/language.txt": "the fire",
    "Fire_video/imgs/frame 1.png": await picture(),
    "Fire_video/imgs/frame 2.png": await picture(),
    "Fire_video/imgs/frame 10.png": await picture(),
  };
  await withDataset("tnl2k", tree, async ({ root, open }) => {
    const [first] = (await open()).sequences;
    expect(track(first!, first!.objects[0]!)).toEqual([[1, 2, 6, 7], null, [2, 2, 7, 7]]);
    expect(first!.framePath(2)).toBe(join(root, "Fire_video/imgs/frame 10.png"));
  });
});

it("otb takes annotated stretches and several objects of a video", async () => {
  const tree = {
    "Jogging/groundtruth_rect.1.txt": "1\t2\t5\t5\n1\t2\t5\t5\n",
    "Jogging/groundtruth_rect.2.txt": "3 2 5 5\n3 2 5 5\n",
    ...pictures("Jogging/img", 2, { digits: 4 }),
    "David/groundtruth_rect.txt": "1,2,5,5\n1,2,5,5\n",
    ...pictures("David/img", 5, { first: 298, digits: 4 }),
  };
  await withDataset("otb", tree, async ({ root, open }) => {
    const { names, sequences } = await open();
    expect(names).toEqual(["David", "Jogging-1", "Jogging-2"]);
    expect(sequences[0]!.framePath(0)).toBe(join(root, "David/img/0300.jpg"));
    expect(sequences[0]!.length).toBe(2);
    expect(sequences[2]!.objects[0]!.box(0)).toEqual([3, 2, 8, 7]);
  });
});

it("uav123 finds the parts of long videos", async () => {
  const tree = {
    "anno/UAV123/bird1_2.txt": "1,2,5,5\nNaN,NaN,NaN,NaN\n1,2,5,5\n",
    ...pictures("data_seq/UAV123/bird1", 9, { first: 770, digits: 6 }),
    "anno/UAV123/car1_s.txt": "1,2,5,5\n",
    ...pictures("data_seq/UAV123/car1_s", 1, { digits: 6 }),
    "anno/UAV20L/car1_s.txt": "2,2,5,5\n",
  };
  await withDataset("uav123", tree, async ({ root, open }) => {
    const { names, sequences } = await open();
    expect(names).toEqual(["bird1_2", "car1_s"]);
    expect(sequences[0]!.framePath(0)).toBe(join(root, "data_seq/UAV123/bird1/000775.jpg"));
    expect(track(sequences[0]!, sequences[0]!.objects[0]!)).toEqual([[1, 2, 6, 7], null, [1, 2, 6, 7]]);
    expect((await open({ split: "uav20l" })).sequences[0]!.objects[0]!.box(0)).toEqual([2, 2, 7, 7]);
  });
});

it("nfs takes every eighth of VATIC's rows, without lost and occluded ones", async () => {
  const row = (frame: number, flags = "0 0") => `0 ${frame} 2 ${frame + 10} 12 ${frame} ${flags} 0 "ball"`;
  const rows = [row(1), row(2), row(9), row(17, "0 1"), row(25, "1 0"), row(33)];
  const tree = { "ball/30/ball.txt": rows.join("\n"), ...pictures("ball/30/ball", 5, { digits: 5 }) };
  await withDataset("nfs", tree, async ({ open }) => {
    const [first] = (await open()).sequences;
    expect(track(first!, first!.objects[0]!)).toEqual([
      [1, 2, 11, 12],
      [9, 2, 19, 12],
      null,
      null,
      [33, 2, 43, 12],
    ]);
  });
  expect(() => parseVatic("1,2,3,4", "f")).toThrow(expect.objectContaining({ code: "BOXES_MALFORMED" }));
});

it("tc128 takes the range of its frames file", async () => {
  const tree = {
    "Ball_ce1/Ball_ce1_gt.txt": "1,2,5,5\n2,2,5,5\n",
    "Ball_ce1/Ball_ce1_frames.txt": "3,4",
    ...pictures("Ball_ce1/img", 6, { digits: 4 }),
  };
  await withDataset("tc128", tree, async ({ root, open }) => {
    const [first] = (await open()).sequences;
    expect([first!.framePath(0), first!.length]).toEqual([join(root, "Ball_ce1/img/0003.jpg"), 2]);
  });
  const wrong = { ...tree, "Ball_ce1/Ball_ce1_frames.txt": "3,9" };
  await withDataset("tc128", wrong, ({ open }) =>
    expect(open()).rejects.toMatchObject({ code: "DATASET_LENGTH" }),
  );
});

describe("vot", () => {
  it("reads polygons, masks and special codes", async () => {
    const rows = ["10,10,20,10,20,30,10,30", "m5,6,4,3,1,2,3,1,5", "0", "nan", "1,2,3,4"];
    const tree = { "bag/groundtruth.txt": rows.join("\n"), ...pictures("bag/color", 5) };
    await withDataset("vot", tree, async ({ open }) => {
      const [first] = (await open()).sequences;
      // the mask's rows: .11. ..1. ....
      expect(track(first!, first!.objects[0]!)).toEqual([
        [10, 10, 20, 30],
        [6, 6, 8, 8],
        null,
        null,
        [1, 2, 4, 6],
      ]);
    });
  });

  it("takes the whole width where a run goes on in the next row, and no box of an empty mask", () => {
    expect(boxOfMask("0,0,4,3,3,2,7", "x")).toEqual([0, 0, 4, 2]);
    expect(boxOfMask("0,0,4,3,12", "x")).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect(() => parseRegions("m1,2,x", "gt.txt")).toThrow(
      expect.objectContaining({ code: "BOXES_MALFORMED" }),
    );
  });
});
