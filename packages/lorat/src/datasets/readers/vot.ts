import { parseBoxRows, splitLines } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import type { AnnotationSource } from "../annotation-source.ts";
import {
  below,
  type FoundFolder,
  findFolders,
  isPicture,
  lastPart,
  picturesIn,
  requireText,
} from "../files.ts";
import type { DatasetReader, RawSequence } from "../raw.ts";
import { oneObject } from "../raw.ts";

/**
 * VOT's sequence folders: `groundtruth.txt` of boxes, polygons or masks, pictures in `color/` or beside it. Polygons and masks
 * count as the tight box around them.
 */
export const vot: DatasetReader = {
  layout: "NAME/groundtruth.txt with pictures in NAME/color",
  splits: [],
  async entries(source) {
    const found = await findFolders(source, "", 2, ({ files }) => files.includes("groundtruth.txt"));
    return found.map((folder) => ({
      name: lastPart(source, folder.path),
      read: async () => [await readSequence(source, folder)],
    }));
  },
};

async function readSequence(source: AnnotationSource, { path, files }: FoundFolder): Promise<RawSequence> {
  const name = lastPart(source, path);
  const file = below(path, "groundtruth.txt");
  const boxes = parseRegions(await requireText(source, file), file);
  const folder = files.some(isPicture) ? path : below(path, "color");
  return oneObject({ name, folder, frames: await picturesIn(source, folder), boxes });
}

/** Rows of boxes, polygons, masks (`m` in front) or special codes (a single number or `nan`), which are no box. */
export function parseRegions(text: string, file: string): Float64Array {
  const lines = splitLines(text).map((line, i) => {
    const region = line.trim();
    if (/^(\d+|nan)$/i.test(region)) return "NaN,NaN,NaN,NaN";
    return region.startsWith("m") ? boxOfMask(region.slice(1), `${file}, line ${i + 1}`).join(",") : region;
  });
  return parseBoxRows(lines.join("\n"), file);
}

/**
 * Tight box of VOT's mask: `left,top,width,height` of the part that is encoded, then lengths of runs row by row, zeros and
 * ones in turn. NaN for an empty mask. Throws `BOXES_MALFORMED`.
 */
export function boxOfMask(mask: string, where: string): [number, number, number, number] {
  const [left, top, width, height, ...runs] = mask.split(",").map(Number);
  if ([left, top, width, height, ...runs].some((value) => !Number.isInteger(value) || value! < 0)) {
    throw new LoratError("BOXES_MALFORMED", `${where}: expected m, four numbers and the mask's runs`);
  }
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  let at = 0;
  runs.forEach((run, i) => {
    if (i % 2 === 1 && run > 0 && width! > 0) {
      const [firstRow, lastRow] = [Math.floor(at / width!), Math.floor((at + run - 1) / width!)];
      const wraps = lastRow > firstRow;
      x1 = Math.min(x1, wraps ? 0 : at % width!);
      x2 = Math.max(x2, wraps ? width! : (at % width!) + run);
      y1 = Math.min(y1, firstRow);
      y2 = Math.max(y2, lastRow + 1);
    }
    at += run;
  });
  return x1 < x2
    ? [left! + x1, top! + y1, x2 - x1, y2 - y1]
    : [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
}
