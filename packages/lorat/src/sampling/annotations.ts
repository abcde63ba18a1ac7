import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Corners } from "@lorat/core";
import { isValidBox, toCorners } from "@lorat/core/geometry";
import { LoratError } from "@lorat/graph";
import { z } from "zod";
import { folderSource } from "../datasets/annotation-source.ts";
import { below } from "../datasets/files.ts";
import { frameName } from "../datasets/frame-names.ts";
import { READERS } from "../datasets/readers/index.ts";

/** One picture with the boxes of its objects, in pixels of the file. */
interface BoxedFile {
  readonly path: string;
  readonly boxes: readonly Corners[];
}

/** Corners of boxes, `[rows, 4]`: x, y, width, height. A row with NaN or without area is an absent target and becomes null. */
export function cornersOrNull(rows: Float64Array): (Corners | null)[] {
  return Array.from({ length: rows.length / 4 }, (_, i) => {
    const [x, y, width, height] = rows.subarray(4 * i, 4 * i + 4);
    const corners = toCorners({ x: x!, y: y!, width: width!, height: height! });
    return isValidBox(corners) ? corners : null;
  });
}

/**
 * Reads a box file: JSON lines of `{ file, boxes: [[x, y, w, h], …] }` with paths relative to it, or a COCO annotation file
 * whose pictures lie beside it or in `images/`; crowd boxes are left out. Throws `DATA_BOXES`.
 */
export async function readBoxFile(path: string): Promise<BoxedFile[]> {
  try {
    return path.endsWith(".jsonl")
      ? readJsonLines(await readFile(path, "utf8"), dirname(path))
      : await readCoco(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoratError("DATA_BOXES", `${path} is not a box file: ${reason}`, {
      hint: "Expected JSON lines of { file, boxes } or a COCO instances file.",
      cause,
    });
  }
}

const boxLine = z.object({ file: z.string(), boxes: z.array(z.array(z.number()).length(4)) });

function readJsonLines(text: string, folder: string): BoxedFile[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const { file, boxes } = boxLine.parse(JSON.parse(line));
    return { path: join(folder, file), boxes: boxes.map(fromXywh) };
  });
}

/** Pictures of a COCO file in order of name, by the reader of datasets. */
async function readCoco(path: string): Promise<BoxedFile[]> {
  const source = folderSource(dirname(path), { file: basename(path) });
  const files: (BoxedFile & { name: string })[] = [];
  for (const entry of await READERS.coco.entries(source, [])) {
    for (const { folder, frames, objects } of await entry.read()) {
      if (frames.count === 0) continue;
      const name = frameName(frames, 0);
      const boxes = objects.map((object) => fromXywh([...object.boxes]));
      files.push({ name: below(folder, name), path: join(source.root, folder, name), boxes });
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ path, boxes }) => ({ path, boxes }));
}

function fromXywh([x, y, width, height]: number[]): Corners {
  return [x!, y!, x! + width!, y! + height!];
}
