// What is fuzzed: every parser of bytes that come from others. Each takes bytes and may only throw a LoratError.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseBoxRows } from "../../packages/core/src/annotations/box-rows.ts";
import { parseCvat } from "../../packages/core/src/annotations/cvat-xml.ts";
import { objectsOf, parseYolo } from "../../packages/core/src/annotations/yolo-rows.ts";
import { bytesSource } from "../../packages/core/src/weights/byte-source.ts";
import { parseModelManifest } from "../../packages/core/src/weights/model-folder.ts";
import { unpickle } from "../../packages/core/src/weights/pickle.ts";
import { openSafetensors } from "../../packages/core/src/weights/safetensors.ts";
import { openTorchZip } from "../../packages/core/src/weights/torch-zip.ts";
import { withInputShapes } from "../../packages/graph/src/onnx/input-shapes.ts";
import {
  parseAttributeFlags,
  parseAttributeList,
} from "../../packages/lorat/src/datasets/annotations/attributes.ts";
import { decodeIndex } from "../../packages/lorat/src/datasets/index-file.ts";
import { forEachJsonElement } from "../../packages/lorat/src/datasets/json-elements.ts";
import { parseMot } from "../../packages/lorat/src/datasets/readers/mot.ts";
import { parseVatic } from "../../packages/lorat/src/datasets/readers/nfs.ts";
import { parseRegions } from "../../packages/lorat/src/datasets/readers/vot.ts";
import { parseResult } from "../../packages/lorat/src/evaluate/results/result-file.ts";
import { ARCHIVE_LIMITS } from "../../packages/lorat/src/files/archive/limits.ts";
import { readTar } from "../../packages/lorat/src/files/archive/tar-tree.ts";
import { readZip } from "../../packages/lorat/src/files/archive/zip-tree.ts";
import { orderImages } from "../../packages/lorat/src/media/image-names.ts";
import { openFrames } from "../../packages/lorat/src/media/open-frames.ts";
import { parseRegion } from "../../packages/lorat/src/trackers/vot/region.ts";
import { imagePath } from "../../packages/lorat/src/trackers/vot/trax-image.ts";
import { parseTraxLine } from "../../packages/lorat/src/trackers/vot/trax-message.ts";

type Target = (data: Buffer) => unknown;

const text = (data: Buffer) => data.toString("utf8");
const SCRATCH = process.env.LORAT_FUZZ_SCRATCH ?? "/tmp";
const limits = { ...ARCHIVE_LIMITS, bytes: Math.min(ARCHIVE_LIMITS.bytes, 64 * 2 ** 20) };

export const TARGETS: Readonly<Record<string, Target>> = {
  async safetensors(data) {
    const file = await openSafetensors(bytesSource(data));
    for (const [name] of [...file.entries].slice(0, 4)) await file.float32(name);
  },
  async torch(data) {
    const file = await openTorchZip(bytesSource(data));
    for (const [name] of [...file.entries].slice(0, 4)) await file.float32(name);
  },
  pickle: (data) => unpickle(data, { resolve: () => undefined, persistent: (id) => id }),
  model_json(data) {
    let json: unknown;
    try {
      json = JSON.parse(text(data));
    } catch {
      return;
    }
    parseModelManifest(json);
  },
  onnx: (data) => withInputShapes(data, { input: [1, 3, 8, 8] }),
  results(data) {
    ignoring(() => parseResult(data, "r.txt", 8));
    parseResult(data, "r.txt", 8, { allowNaN: true });
  },
  annotations(data) {
    const content = text(data.subarray(1));
    const parsers: readonly (() => unknown)[] = [
      () => parseBoxRows(content),
      () => parseMot(content, "gt.txt"),
      () => objectsOf(parseYolo(content, "1.txt")),
      () => parseVatic(content, "n.txt"),
      () => parseRegions(content, "groundtruth.txt"),
      () => parseAttributeFlags(content, ["A", "B"], "a.txt"),
      () => parseAttributeList(content, "a.txt"),
      () => decodeIndex(data.subarray(1), "key"),
      () => orderImages("f", content.split("\n").slice(0, 200)).names,
    ];
    return parsers[(data[0] ?? 0) % parsers.length]!();
  },
  cvat: (data) => parseCvat(text(data), "a.xml"),
  json: (data) =>
    forEachJsonElement(data, { images: () => {}, annotations: () => {}, videos: () => {} }, "a.json"),
  trax(data) {
    for (const line of text(data).split("\n").slice(0, 50)) {
      ignoring(() => parseTraxLine(line));
      ignoring(() => parseRegion(line));
      ignoring(() => imagePath(line));
    }
  },
  tar: (data) => readTar(data, "a.tar", limits),
  zip: (data) => readZip(data, "a.zip", limits),
  async video(data) {
    const path = join(SCRATCH, `lorat-fuzz.${process.pid}.bin`);
    writeFileSync(path, data);
    const source = await openFrames(path);
    try {
      let left = 2;
      for await (const _ of source.frames()) if (--left === 0) break;
    } finally {
      await source.dispose();
    }
  },
};

/** Bytes that a call may hold beyond what it began with: a multiple of the input, and room for what the runtime does. */
const MULTIPLE = 64;
const ROOM = 64 * 2 ** 20;

let calls = 0;

/** Runs a target; anything but a LoratError is a finding, and so is memory beyond {@link MULTIPLE} times the input. */
export async function fuzz(data: Buffer): Promise<void> {
  const target = TARGETS[process.env.LORAT_FUZZ_TARGET ?? ""]!;
  // Asking costs more than most parsers: one input in sixteen.
  const isMeasured = calls++ % 16 === 0;
  const before = isMeasured ? process.memoryUsage().arrayBuffers : 0;
  try {
    await target(data);
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
  if (!isMeasured) return;
  const grown = process.memoryUsage().arrayBuffers - before;
  if (grown > ROOM + MULTIPLE * data.length) throw new Error(`${grown} bytes for an input of ${data.length}`);
}

function ignoring(task: () => unknown): void {
  try {
    task();
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
}

/** By its name: the class is in a bundle, and others may have it too. */
function isExpected(error: unknown): boolean {
  return (
    error instanceof Error &&
    typeof (error as { code?: unknown }).code === "string" &&
    error.name === "LoratError"
  );
}
