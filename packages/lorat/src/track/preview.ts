import type { Box, Frame } from "@lorat/core";
import sharp from "sharp";
import { type OutputOptions, writeWhole } from "../files/pending-file.ts";
import { drawText, fillRectangle, GLYPH_HEIGHT, type Rgb, textWidth } from "../media/bitmap-font.ts";
import { drawMarks } from "../media/overlay.ts";
import { pictureFormat } from "./sheet-file.ts";

const LIGHT: Rgb = [255, 255, 255];
const DARK: Rgb = [16, 18, 22];
/** Distances of lines that people can count in. */
const STEPS = [10, 20, 50, 100, 200, 500, 1000] as const;
/** Lines along the longer side, at most. */
const MOST_LINES = 16;

/** Pixels between the lines of a grid over a picture: a round number, at most 16 lines along the longer side. */
export function gridStep({ width, height }: { readonly width: number; readonly height: number }): number {
  return STEPS.find((step) => Math.max(width, height) / step <= MOST_LINES) ?? STEPS.at(-1)!;
}

/**
 * Draws a grid with the pixel numbers of its lines into a frame's own bytes, to choose a box by eye; boxes that are given already are
 * drawn as well.
 */
export function drawGrid(frame: Frame, boxes: readonly Box[] = []): void {
  const { width, height } = frame;
  const step = gridStep(frame);
  const scale = Math.max(1, Math.round(Math.min(width, height) / 360));
  for (let x = step; x < width; x += step) line(frame, { x, y: 0, width: 1, height });
  for (let y = step; y < height; y += step) line(frame, { x: 0, y, width, height: 1 });
  for (let x = 0; x < width; x += step) number(frame, x, { x, y: 0 }, scale);
  for (let y = step; y < height; y += step) number(frame, y, { x: 0, y }, scale);
  drawMarks(
    frame,
    boxes.map((box, i) => ({ box, state: "tracked" as const, label: `#${i + 1}` })),
  );
}

/** Writes the frame with {@link drawGrid}'s grid as a picture. Throws `OUTPUT_FORMAT` and what {@link writeWhole} throws. */
export async function writePreview(
  path: string,
  frame: Frame,
  boxes: readonly Box[],
  options: OutputOptions,
): Promise<void> {
  const format = pictureFormat(path);
  const drawn: Frame = { ...frame, data: frame.data.slice() };
  drawGrid(drawn, boxes);
  const { data, width, height, channels } = drawn;
  const picture = sharp(data, { raw: { width, height, channels } }).removeAlpha();
  await writeWhole(path, await picture.toFormat(format).toBuffer(), options);
}

/** A light line on a dark one, so that it shows on any picture; every other pixel, so that the picture shows as well. */
function line(frame: Frame, place: Box): void {
  const [along, across] = place.width > place.height ? (["x", "y"] as const) : (["y", "x"] as const);
  const length = Math.max(place.width, place.height);
  for (let at = 0; at < length; at += 4) {
    const dash = { ...place, width: along === "x" ? 2 : 1, height: along === "y" ? 2 : 1 };
    fillRectangle(frame, { ...dash, [along]: at, [across]: place[across] }, LIGHT);
    fillRectangle(frame, { ...dash, [along]: at + 2, [across]: place[across] }, DARK);
  }
}

function number(frame: Frame, value: number, { x, y }: { x: number; y: number }, scale: number): void {
  const text = String(value);
  const box = { x, y, width: textWidth(text, scale) + 2 * scale, height: (GLYPH_HEIGHT + 2) * scale };
  fillRectangle(frame, box, DARK);
  drawText(frame, text, { x: x + scale, y: y + scale, scale, colour: LIGHT });
}
