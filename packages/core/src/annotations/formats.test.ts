import { describe, expect, it } from "vitest";
import type { AnnotatedClip } from "./clip.ts";
import { lostIn, readAnnotations, writeAnnotations } from "./convert.ts";
import type { AnnotationFormatName } from "./formats/index.ts";

const clip: AnnotatedClip = {
  name: "clip",
  size: { width: 200, height: 100 },
  fps: 25,
  frameCount: 4,
  tracks: [
    {
      id: 7,
      label: "car",
      boxes: new Map([
        [0, { box: { x: 10, y: 20, width: 30, height: 40 } }],
        [1, { box: { x: 11.5, y: 20, width: 30, height: 40 }, occluded: true }],
        [3, { box: { x: 13, y: 20, width: 30, height: 40 } }],
      ]),
    },
  ],
};
const one = (format: AnnotationFormatName, text: string, more: Record<string, string> = {}, context = {}) =>
  readAnnotations(format, new Map(Object.entries({ file: text, ...more })), context);
const rows = ({ tracks }: AnnotatedClip) =>
  tracks.map(({ id, label, boxes }) => [
    id,
    label,
    ...Array.from(boxes, ([frame, { box }]) => [frame, box.x, box.y, box.width, box.height]),
  ]);

describe("the letter of each format", () => {
  it.each<[AnnotationFormatName, Record<string, string>]>([
    [
      "got10k",
      {
        "groundtruth.txt": "10,20,30,40\n11.5,20,30,40\n0,0,0,0\n13,20,30,40\n",
        "absence.label": "0\n0\n1\n0\n",
      },
    ],
    ["otb", { "groundtruth_rect.txt": "11,21,30,40\n12.5,21,30,40\n0,0,0,0\n14,21,30,40\n" }],
    [
      "lasot",
      {
        "groundtruth.txt": "11,21,30,40\n12.5,21,30,40\n0,0,0,0\n14,21,30,40\n",
        "out_of_view.txt": "0,0,1,0\n",
        "full_occlusion.txt": "0,1,0,0\n",
      },
    ],
    ["vot", { "groundtruth.txt": "10,20,30,40\n11.5,20,30,40\n0\n13,20,30,40\n" }],
    [
      "mot",
      {
        "gt/gt.txt": "1,7,11,21,30,40,1,1,1\n2,7,12.5,21,30,40,1,1,0.5\n4,7,14,21,30,40,1,1,1\n",
        "gt/labels.txt": "car\n",
        "seqinfo.ini":
          "[Sequence]\nname=clip\nimDir=img1\nframeRate=25\nseqLength=4\nimWidth=200\nimHeight=100\nimExt=.jpg\n",
      },
    ],
    [
      "yolo",
      {
        "labels/frame_000000.txt": "0 0.125 0.4 0.15 0.4 7\n",
        "labels/frame_000001.txt": "0 0.1325 0.4 0.15 0.4 7\n",
        "labels/frame_000002.txt": "",
        "labels/frame_000003.txt": "0 0.14 0.4 0.15 0.4 7\n",
        "data.yaml": 'path: .\ntrain: images\nnames:\n  0: "car"\n',
      },
    ],
    [
      "csv",
      {
        "boxes.csv":
          "frame,track,label,x,y,width,height,occluded,score\n0,7,car,10,20,30,40,0,\n1,7,car,11.5,20,30,40,1,\n3,7,car,13,20,30,40,0,\n",
      },
    ],
  ])("%s", (format, expected) => {
    expect(Object.fromEntries(writeAnnotations(format, clip))).toEqual(expected);
  });

  it("CVAT marks where a target leaves", () => {
    const text = writeAnnotations("cvat", clip).get("annotations.xml")!;
    expect(text).toContain('<track id="7" label="car" source="manual">');
    expect(
      text
        .match(/<box .*?>/g)!
        .map((box) => /frame="(\d)" outside="(\d)" occluded="(\d)"/.exec(box)!.slice(1).join("")),
    ).toEqual(["000", "101", "211", "300"].map((row) => row));
  });
});

describe("files as others write them", () => {
  it("GOT-10k's absent frames have boxes too", () => {
    const read = one("got10k", "1,2,3,4\n1,2,3,4\n", {}, {});
    expect(rows(read)[0]).toHaveLength(4);
    const folder = new Map([
      ["groundtruth.txt", "1,2,3,4\n1,2,3,4\n"],
      ["absence.label", "0\n1\n"],
    ]);
    expect(rows(readAnnotations("got10k", folder))).toEqual([[1, "", [0, 1, 2, 3, 4]]]);
    expect(() => readAnnotations("got10k", folder.set("absence.label", "0\n"))).toThrow(
      expect.objectContaining({
        code: "BOXES_FILES",
        message: expect.stringContaining("should have 2 flags"),
      }),
    );
  });

  it("VOT's polygons and special frames; results of trackers that count pixels otherwise", () => {
    expect(rows(one("vot", "1\n10,10,20,10,20,30,10,30\nnan\n1,1,2,2\n"))).toEqual([
      [1, "", [1, 10, 10, 10, 20], [3, 1, 1, 2, 2]],
    ]);
    expect(rows(one("otb", "1 2 3 4", {}, { firstPixel: 0 }))).toEqual([[1, "", [0, 1, 2, 3, 4]]]);
  });

  it("MOT's results with -1, and rows to be ignored", () => {
    expect(rows(one("mot", "3,2,11,21,5,6,0.9,-1,-1,-1\n1,2,1,1,2,2,0\n"))).toEqual([
      [2, "", [2, 10, 20, 5, 6]],
    ]);
    expect(() => one("mot", "0,1,1,1,1,1\n")).toThrow(expect.objectContaining({ code: "BOXES_MALFORMED" }));
    expect(() => one("mot", "1,1,1,1,1,1\n1,1,2,2,2,2\n")).toThrow(
      expect.objectContaining({ code: "BOXES_TWICE" }),
    );
  });

  it("CVAT's keyframes: even motion between them, none outside", () => {
    const box = (frame: number, outside: number, x: number) =>
      `<box frame="${frame}" outside="${outside}" occluded="0" keyframe="1" xtl="${x}" ytl="0" xbr="${x + 10}" ybr="10" z_order="0"></box>`;
    const text = `<annotations><track id="3" label="dog">${box(0, 0, 0)}${box(2, 0, 4)}${box(3, 1, 4)}${box(5, 0, 9)}</track></annotations>`;
    expect(rows(one("cvat", text))).toEqual([
      [3, "dog", [0, 0, 0, 10, 10], [1, 2, 0, 10, 10], [2, 4, 0, 10, 10], [5, 9, 0, 10, 10]],
    ]);
  });

  it("Label Studio's lifespans and shares", () => {
    const entry = (frame: number, enabled: boolean, x: number) => ({
      frame,
      enabled,
      rotation: 0,
      x,
      y: 0,
      width: 10,
      height: 20,
      time: 0,
    });
    const task = [
      {
        id: 1,
        data: { video: "/data/v.mp4" },
        annotations: [
          {
            id: 1,
            result: [
              {
                id: "aB3",
                type: "videorectangle",
                value: {
                  framesCount: 9,
                  duration: 3,
                  sequence: [entry(1, true, 0), entry(3, false, 10), entry(6, false, 50)],
                  labels: ["Man"],
                },
              },
            ],
          },
        ],
      },
    ];
    const size = { width: 200, height: 100 };
    const read = one("label-studio", JSON.stringify(task), {}, { size });
    expect(rows(read)).toEqual([
      [1, "Man", [0, 0, 0, 20, 20], [1, 10, 0, 20, 20], [2, 20, 0, 20, 20], [5, 100, 0, 20, 20]],
    ]);
    expect([read.frameCount, read.fps]).toEqual([9, 3]);
    expect(() => one("label-studio", JSON.stringify(task))).toThrow(
      expect.objectContaining({ code: "BOXES_SIZE" }),
    );
  });

  it("DIVE's interpolated features, COCO's text ids, Ultralytics' rows with names in brackets", () => {
    const features = [
      { frame: 2, bounds: [0, 0, 10, 10], interpolate: true, keyframe: true },
      { frame: 4, bounds: [4, 0, 14, 10], interpolate: false, keyframe: true },
      { frame: 9, bounds: [0, 0, 1, 1] },
    ];
    const dive = {
      tracks: {
        5: {
          id: 5,
          confidencePairs: [
            ["cat", 0.2],
            ["fish", 0.8],
          ],
          features,
        },
      },
      groups: {},
      version: 2,
    };
    expect(rows(one("dive", JSON.stringify(dive)))).toEqual([
      [5, "fish", [2, 0, 0, 10, 10], [3, 2, 0, 10, 10], [4, 4, 0, 10, 10], [9, 0, 0, 1, 1]],
    ]);
    const coco = {
      images: [
        { id: "b", frame_index: 1 },
        { id: "a", frame_index: 0 },
      ],
      annotations: [
        { id: 1, image_id: "b", bbox: [1, 2, 3, 4], attributes: { track_id: 9, occluded: true } },
      ],
    };
    expect(rows(one("coco", JSON.stringify(coco)))).toEqual([[9, "", [1, 1, 2, 3, 4]]]);
    const files = new Map([
      ["runs/labels/clip_1.txt", "1 0.5 0.5 0.5 0.5 3\n"],
      ["data.yaml", "names: [person, 'car']\n"],
    ]);
    expect(
      rows(readAnnotations("yolo", files, { size: { width: 100, height: 100 }, firstFrame: 1 })),
    ).toEqual([[3, "car", [0, 25, 25, 50, 50]]]);
  });

  it("says what a format cannot take", () => {
    expect(lostIn("otb", clip)).toEqual(["labels", "the number of the track", "occlusion"]);
    expect(lostIn("cvat", clip)).toEqual([]);
    const two = { ...clip, tracks: [...clip.tracks, { ...clip.tracks[0]!, id: 8 }] };
    expect(() => writeAnnotations("vot", two)).toThrow(expect.objectContaining({ code: "BOXES_SEVERAL" }));
    expect(() => writeAnnotations("yolo", { ...clip, size: undefined })).toThrow(
      expect.objectContaining({ code: "BOXES_SIZE" }),
    );
  });
});
