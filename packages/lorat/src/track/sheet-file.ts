import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Frame, TrackResult } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import sharp, { type FormatEnum } from "sharp";
import { type OutputOptions, reserveOutput } from "../files/pending-file.ts";
import { isSystemError, unwritable } from "../files/system-error.ts";
import { contactSheet, type SheetTile, shrunkFrame } from "../media/contact-sheet.ts";
import { drawMarks, type Mark } from "../media/overlay.ts";
import type { FrameSink } from "./track-video.ts";

/** What is drawn for the results of a frame; numbered where there are several targets. */
export function marksOf(results: readonly TrackResult[]): Mark[] {
  return results.map(({ box, score, state }, i) => {
    return { box, score, state, label: results.length > 1 ? `#${i + 1}` : undefined };
  });
}

/** Tiles that a sheet has at most. */
const MOST_TILES = 12;
const TILE_WIDTH_PX = 320;

/** A picture of the whole run on its way to a file. */
interface SheetFile extends FrameSink {
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * A contact sheet: up to twelve frames, evenly spread from the first on, with their boxes; PNG, or what the
 * file's extension says. However long the video is, at most two dozen small pictures are kept. Throws as
 * `reserveOutput`.
 */
export async function createSheetFile(path: string, options: OutputOptions = {}): Promise<SheetFile> {
  const format = pictureFormat(path);
  const pending = await reserveOutput(path, options);
  let tiles: SheetTile[] = [];
  let stride = 1;
  let seen = 0;
  return {
    async write({ frame, results }) {
      const position = seen++;
      if (position % stride > 0) return;
      if (tiles.length === 2 * MOST_TILES) {
        tiles = tiles.filter((_, i) => i % 2 === 0);
        stride *= 2;
        if (position % stride > 0) return;
      }
      // A copy: another sink may draw into the frame or give its bytes away.
      const own = { ...frame, data: frame.data.slice() };
      tiles.push({ frame: await tileOf(own, marksOf(results)), caption: `frame ${frame.index ?? position}` });
    },
    async commit() {
      const { data, width, height } = contactSheet(evenly(tiles, MOST_TILES));
      const picture = sharp(data, { raw: { width, height, channels: 3 } });
      try {
        // Not toFile: of a full disk it says no more than that the file could not be written.
        await writeFile(pending.partialPath, await picture.toFormat(format).toBuffer());
        await pending.commit();
      } catch (error) {
        await pending.discard();
        throw isSystemError(error) ? unwritable(path, error) : error;
      }
    },
    discard: pending.discard,
  };
}

const FORMATS: Readonly<Record<string, keyof FormatEnum>> = {
  "": "png",
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
  ".gif": "gif",
  ".tif": "tiff",
  ".tiff": "tiff",
};

/** The kind that an extension names; PNG for devices and names without one. Throws `OUTPUT_FORMAT`. */
export function pictureFormat(path: string): keyof FormatEnum {
  const extension = /^(-|\/dev\/|\/proc\/)/.test(path) ? "" : extname(path).toLowerCase();
  const format = FORMATS[extension];
  if (format) return format;
  throw new LoratError("OUTPUT_FORMAT", `${path}: there is no writer for pictures of the kind ${extension}`, {
    hint: `Choose one of ${Object.keys(FORMATS).filter(Boolean).join(", ")}.`,
  });
}

async function tileOf(frame: Frame, marks: readonly Mark[]) {
  const tile = await shrunkFrame(frame, TILE_WIDTH_PX);
  const scale = tile.width / frame.width;
  const scaled = marks.map((mark) => {
    const { x, y, width, height } = mark.box;
    return { ...mark, box: { x: x * scale, y: y * scale, width: width * scale, height: height * scale } };
  });
  drawMarks(tile, scaled);
  return tile;
}

/** `count` of the values at even distances, the first and the last among them. */
function evenly<T>(values: readonly T[], count: number): T[] {
  if (values.length <= count) return [...values];
  return Array.from(
    { length: count },
    (_, i) => values[Math.round((i * (values.length - 1)) / (count - 1))]!,
  );
}
