import type { Frame } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import sharp from "sharp";
import { drawText, fillRectangle, GLYPH_HEIGHT, type Rgb } from "./bitmap-font.ts";

export interface SheetTile {
  readonly frame: Frame;
  /** One line under the picture. */
  readonly caption?: string;
}

interface ContactSheetOptions {
  /** Tiles in a row. Default: as near a square sheet as possible, at most 4. */
  readonly columns?: number;
}

const MARGIN = 8;
const CAPTION_SCALE = 2;
const BACKGROUND: Rgb = [24, 26, 31];
const CAPTION_COLOUR: Rgb = [214, 218, 226];

/** A picture with the tiles side by side, row after row, each at its own size. Throws `SHEET_EMPTY`. */
export function contactSheet(tiles: readonly SheetTile[], options: ContactSheetOptions = {}): Frame {
  if (tiles.length === 0) throw new LoratError("SHEET_EMPTY", "there is no frame to put on the sheet");
  const { columns = Math.min(4, Math.ceil(Math.sqrt(tiles.length))) } = options;
  const captionPx = tiles.some(({ caption }) => caption) ? GLYPH_HEIGHT * CAPTION_SCALE + MARGIN : 0;
  const tileWidth = Math.max(...tiles.map(({ frame }) => frame.width));
  const tileHeight = Math.max(...tiles.map(({ frame }) => frame.height)) + captionPx;
  const rows = Math.ceil(tiles.length / columns);
  const width = columns * (tileWidth + MARGIN) + MARGIN;
  const height = rows * (tileHeight + MARGIN) + MARGIN;

  const sheet: Frame = { width, height, channels: 3, data: new Uint8Array(width * height * 3) };
  fillRectangle(sheet, { x: 0, y: 0, width, height }, BACKGROUND);
  tiles.forEach(({ frame, caption = "" }, i) => {
    const left = MARGIN + (i % columns) * (tileWidth + MARGIN);
    const top = MARGIN + Math.floor(i / columns) * (tileHeight + MARGIN);
    paste(sheet, frame, left, top);
    drawText(sheet, caption, {
      x: left,
      y: top + frame.height + MARGIN / 2,
      scale: CAPTION_SCALE,
      colour: CAPTION_COLOUR,
    });
  });
  return sheet;
}

/** The frame at another width, RGB. */
export async function shrunkFrame(
  { data, width, height, channels }: Frame,
  targetWidth: number,
): Promise<Frame> {
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
