import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Corners } from "@lorat/core";
import { LoratError } from "@lorat/graph";

/** One picture with the boxes of its objects, in pixels of the file. */
export interface BoxedFile {
  readonly path: string;
  readonly boxes: readonly Corners[];
}

/**
 * Reads `x,y,w,h` rows (commas, tabs or spaces); a row with NaN or without area is an absent target and becomes null.
 * Throws `DATA_CLIP` naming the line that does not hold four numbers.
 */
export function parseGroundTruth(text: string, source: string): (Corners | null)[] {
  const rows = text.split(/\r?\n/);
  while (rows.length > 0 && rows.at(-1)?.trim() === "") rows.pop();
  return rows.map((row, i) => {
    const cells = row.trim().split(/[\s,]+/);
    const values = cells.map((cell) => (/^nan$/i.test(cell) ? Number.NaN : Number(cell)));
    if (cells.length !== 4 || values.some((value, k) => Number.isNaN(value) && !/^nan$/i.test(cells[k]!))) {
      throw new LoratError("DATA_CLIP", `${source}, line ${i + 1}: expected x,y,w,h, found "${row}"`);
    }
    const [x, y, width, height] = values as [number, number, number, number];
    return width > 0 && height > 0 && Number.isFinite(x + y) ? [x, y, x + width, y + height] : null;
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
