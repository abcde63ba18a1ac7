import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { withFolder } from "../testing/clips.ts";
import { type DatasetColumns, datasetOf } from "./columns.ts";
import { columnsBuilder, fingerprintOf } from "./columns-builder.ts";
import { framesOf } from "./frame-names.ts";
import { decodeIndex, encodeIndex, INDEX_VERSION, readShared, writeIndex } from "./index-file.ts";

const head = { version: INDEX_VERSION, key: "the key" };
const watched = [
  { path: "a/gröundtruth.txt", size: 7, modifiedMs: 1234.5678 },
  { path: "", size: -1, modifiedMs: 1e12 },
];

function example(): DatasetColumns {
  const builder = columnsBuilder();
  builder.add({
    name: "zwölf",
    folder: "a/img",
    frames: framesOf(["08.jpg", "09.jpg", "10.jpg"]),
    objects: [
      { first: 1, boxes: Float64Array.of(1, 2, 3, 4.5, 5, 6, 7, 8), present: Uint8Array.of(1, 1) },
      {
        first: 0,
        boxes: Float64Array.of(0, 0, 1, 1, 9, 9, 9, 9, 2, 2, 3, 3),
        present: Uint8Array.of(1, 0, 1),
      },
    ],
  });
  builder.add({
    name: "odd",
    folder: "/elsewhere",
    frames: framesOf(["x.png", "ä.png"]),
    objects: [{ first: 1, boxes: Float64Array.of(4, 4, 5, 5), present: Uint8Array.of(1) }],
  });
  const bare = builder.finish();
  const fingerprint = fingerprintOf(bare, "choice");
  return { ...bare, name: "folder:/data", kind: "folder", root: "/data", fingerprint, warnings: ["one"] };
}

function expectExample(columns: DatasetColumns): void {
  const dataset = datasetOf(columns);
  expect(dataset).toMatchObject({ name: "folder:/data", kind: "folder", length: 2 });
  expect(columns.warnings).toEqual(["one"]);
  const [first, second] = [dataset.sequence(0), dataset.sequence(1)];
  expect([first.name, second.name]).toEqual(["zwölf", "odd"]);
  expect([0, 1, 2].map(first.framePath)).toEqual(
    ["08", "09", "10"].map((name) => join("/data/a/img", `${name}.jpg`)),
  );
  expect([0, 1].map(second.framePath)).toEqual([join("/elsewhere/x.png"), join("/elsewhere/ä.png")]);
  const shown = first.objects.map((object) => [-1, 0, 1, 2, 3].map(object.present));
  expect(shown).toEqual([
    [false, false, true, true, false],
    [false, true, false, true, false],
  ]);
  expect(first.objects[0]!.box(1)).toEqual([1, 2, 3, 4.5]);
  expect(first.objects[1]!.box(2)).toEqual([2, 2, 3, 3]);
  expect(second.objects[0]!.box(1)).toEqual([4, 4, 5, 5]);
  expect(() => dataset.sequence(2)).toThrow(RangeError);
}

describe("the index file", () => {
  it("holds what was put in", async () => {
    await withFolder(async (folder) => {
      const columns = example();
      expectExample(columns);
      const path = join(folder, "new", "x.index");
      await writeIndex(path, encodeIndex({ columns, watched }, head));
      const index = decodeIndex((await readShared(path))!, head.key)!;
      expectExample(index.columns);
      expect(index.watched).toEqual(watched);
      expect(fingerprintOf(index.columns, "choice")).toBe(columns.fingerprint);
    });
  });

  it("gives a worker thread the same memory", async () => {
    const bytes = encodeIndex({ columns: example(), watched }, head);
    const { columns } = decodeIndex(bytes, head.key)!;
    const script = `require("node:worker_threads").parentPort.once("message", (columns) => {
      columns.boxes[0] = 42;
      require("node:worker_threads").parentPort.postMessage("done");
    });`;
    const worker = new Worker(script, { eval: true });
    const done = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    worker.postMessage(columns);
    await done;
    await worker.terminate();
    expect(columns.boxes[0]).toBe(42);
  });

  it("is refused for another key, another version, when cut short and for any changed byte", () => {
    const bytes = encodeIndex({ columns: example(), watched }, head);
    expect(decodeIndex(bytes, head.key)).toBeDefined();
    expect(decodeIndex(bytes, "another key")).toBeUndefined();
    const old = encodeIndex({ columns: example(), watched }, { ...head, version: INDEX_VERSION - 1 });
    expect(decodeIndex(old, head.key)).toBeUndefined();
    for (const length of [0, 7, 20, 200, bytes.length - 1])
      expect(decodeIndex(bytes.slice(0, length), head.key)).toBeUndefined();
    // padding between columns carries nothing
    const used = new Set<number>();
    for (let at = 0; at < bytes.length; at += 3) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      if (decodeIndex(damaged, head.key) !== undefined) used.add(at);
    }
    for (const at of used) expect(bytes[at]).toBe(0);
    expect(used.size).toBeLessThan(bytes.length / 20);
  });

  it("is absent where there is no file", async () => {
    expect(await readShared("/nowhere/at/all")).toBeUndefined();
  });
});
