import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import { type OutputOptions, reserveOutput } from "../output/pending-file.ts";
import { drawText, fillRectangle, GLYPH_HEIGHT, type Rgb } from "./bitmap-font.ts";

export interface SheetTile {
  readonly frame: Frame;
  /** One line under the picture. */
  readonly caption?: string;
}

export interface ContactSheetOptions extends OutputOptions {
  /** Tiles in a row. Default: as near a square sheet as possible, at most 4. */
  columns?: number;
  tileWidthPx?: number;
}

const MARGIN = 8;
const CAPTION_SCALE = 2;
const BACKGROUND: Rgb = [24, 26, 31];
const CAPTION_COLOUR: Rgb = [214, 218, 226];

/** Writes a PNG with the frames side by side, row after row. Throws `SHEET_EMPTY` and as {@link reserveOutput}. */
export async function writeContactSheet(
  path: string,
  tiles: readonly SheetTile[],
  options: ContactSheetOptions = {},
): Promise<void> {
  if (tiles.length === 0)
    throw new LoratError("SHEET_EMPTY", `${path}: there is no frame to put on the sheet`);
  const { columns = Math.min(4, Math.ceil(Math.sqrt(tiles.length))), tileWidthPx = 320 } = options;
  const pictures = await Promise.all(tiles.map(({ frame }) => shrink(frame, tileWidthPx)));
  const captionPx = tiles.some(({ caption }) => caption) ? GLYPH_HEIGHT * CAPTION_SCALE + MARGIN : 0;
  const tileHeight = Math.max(...pictures.map(({ height }) => height)) + captionPx;
  const rows = Math.ceil(tiles.length / columns);
  const width = columns * (tileWidthPx + MARGIN) + MARGIN;
  const height = rows * (tileHeight + MARGIN) + MARGIN;

  const sheet: Frame = { width, height, channels: 3, data: new Uint8Array(width * height * 3) };
  fillRectangle(sheet, 0, 0, width, height, BACKGROUND);
  pictures.forEach((picture, i) => {
    const left = MARGIN + (i % columns) * (tileWidthPx + MARGIN);
    const top = MARGIN + Math.floor(i / columns) * (tileHeight + MARGIN);
    paste(sheet, picture, left, top);
    drawText(
      sheet,
      tiles[i]!.caption ?? "",
      left,
      top + picture.height + MARGIN / 2,
      CAPTION_SCALE,
      CAPTION_COLOUR,
    );
  });

  const pending = await reserveOutput(path, options);
  try {
    await sharp(sheet.data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(pending.partialPath);
  } catch (error) {
    await pending.discard();
    throw error;
  }
  await pending.commit();
}

async function shrink({ data, width, height, channels }: Frame, targetWidth: number): Promise<Frame> {
  const resized = await sharp(data, { raw: { width, height, channels } })
    .removeAlpha()
    .resize({ width: targetWidth })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: resized.info.width, height: resized.info.height, channels: 3, data: resized.data };
}

function paste(sheet: Frame, picture: Frame, left: number, top: number): void {
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
    sheet.data.set(row, ((top + y) * sheet.width + left) * 3);
  }
}
