import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Corners, isValidBox, toCorners } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { parseBoxes } from "../datasets/boxes/read-boxes.ts";

/** One picture with the boxes of its objects, in pixels of the file. */
export interface BoxedFile {
  readonly path: string;
  readonly boxes: readonly Corners[];
}

/**
 * Corners of a ground-truth file's rows; a row with NaN or without area is an absent target and becomes null. Throws what
 * `parseBoxRows` throws.
 */
export function parseGroundTruth(text: string, source: string): (Corners | null)[] {
  return parseBoxes(text, source).map((box) => {
    const corners = toCorners(box);
    return isValidBox(corners) ? corners : null;
  });
}

/**
 * Reads a box file: JSON lines of `{ file, boxes: [[x, y, w, h], …] }` with paths relative to it, or a COCO annotation file
 * whose pictures lie beside it or in `images/`; crowd boxes are left out. Throws `DATA_BOXES`.
 */
export async function readBoxFile(path: string): Promise<BoxedFile[]> {
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new LoratError("DATA_BOXES", `${path} cannot be read`, { cause });
  });
  try {
    return path.endsWith(".jsonl") ? readJsonLines(text, dirname(path)) : await readCoco(text, dirname(path));
  } catch (cause) {
    if (cause instanceof LoratError) throw cause;
    throw new LoratError(
      "DATA_BOXES",
      `${path} is not a box file: ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: "Expected JSON lines of { file, boxes } or a COCO instances file.",
        cause,
      },
    );
  }
}

function readJsonLines(text: string, folder: string): BoxedFile[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const { file, boxes } = JSON.parse(line) as { file: string; boxes: number[][] };
    return { path: join(folder, file), boxes: boxes.map(fromXywh) };
  });
}

interface Coco {
  readonly images: readonly { id: number; file_name: string }[];
  readonly annotations: readonly { image_id: number; bbox: number[]; iscrowd?: number }[];
}

async function readCoco(text: string, folder: string): Promise<BoxedFile[]> {
  const { images, annotations } = JSON.parse(text) as Coco;
  const boxes = new Map<number, Corners[]>(images.map(({ id }) => [id, []]));
  for (const { image_id, bbox, iscrowd } of annotations)
    if (!iscrowd) boxes.get(image_id)?.push(fromXywh(bbox));
  const named = [...images].sort((a, b) => (a.file_name < b.file_name ? -1 : 1));
  return Promise.all(
    named.map(async ({ id, file_name }) => {
      const beside = join(folder, file_name);
      const inImages = join(folder, "images", file_name);
      const isBeside = await access(beside).then(
        () => true,
        () => false,
      );
      return { path: isBeside ? beside : inImages, boxes: boxes.get(id) ?? [] };
    }),
  );
}

function fromXywh([x, y, width, height]: number[]): Corners {
  return [x!, y!, x! + width!, y! + height!];
}
