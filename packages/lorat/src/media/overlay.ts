import type { Box, Frame, TargetState } from "@lorat/core";
import { drawText, fillRectangle, GLYPH_HEIGHT, type Rgb, textWidth } from "./bitmap-font.ts";

/** What is drawn for one target. */
export interface Mark {
  readonly box: Box;
  readonly state: TargetState;
  readonly score?: number;
  /** Written before the score, for example the target's number. */
  readonly label?: string;
}

export const STATE_COLOURS: Readonly<Record<TargetState, Rgb>> = {
  tracked: [64, 224, 112],
  uncertain: [255, 184, 0],
  lost: [255, 72, 72],
};

const DARK: Rgb = [16, 18, 22];

/**
 * Draws each mark into the frame's own bytes: a box in its state's colour with a dark edge (corners only where the
 * target is lost) and a tag with label, score and, unless tracked, the state.
 */
export function drawMarks(frame: Frame, marks: readonly Mark[]): void {
  const unit = Math.max(1, Math.round(Math.min(frame.width, frame.height) / 240));
  for (const mark of marks) {
    const colour = STATE_COLOURS[mark.state];
    const line = Math.max(2, Math.min(4, unit));
    const { left, top, right, bottom } = pixelsOf(mark.box, frame, line);
    const cornersOnly = mark.state === "lost";
    const outer = {
      x: left - line,
      y: top - line,
      width: right - left + 2 * line,
      height: bottom - top + 2 * line,
    };
    const edge = { x: outer.x - 1, y: outer.y - 1, width: outer.width + 2, height: outer.height + 2 };
    drawBox(frame, edge, { line: line + 2, colour: DARK, cornersOnly });
    drawBox(frame, outer, { line, colour, cornersOnly });
    drawTag(frame, tagText(mark), outer, { scale: unit, colour });
  }
}

/** The whole pixels of a box, moved in from the edges of the frame as far as its line is thick. */
function pixelsOf({ x, y, width, height }: Box, frame: Frame, line: number) {
  const within = (value: number, size: number) => Math.min(Math.max(Math.round(value), line), size - line);
  const left = within(x, frame.width - 1);
  const top = within(y, frame.height - 1);
  const right = Math.max(left + 1, within(x + width, frame.width));
  const bottom = Math.max(top + 1, within(y + height, frame.height));
  return { left, top, right, bottom };
}

/** For example `#2 0.93` or `0.31 LOST`. */
export function tagText({ label, score, state }: Mark): string {
  const parts = [
    label,
    score === undefined ? undefined : score.toFixed(2),
    state === "tracked" ? undefined : state,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

/** The lines of a box, `line` pixels thick towards its inside; corners only, a quarter of each side, if asked. */
function drawBox(
  frame: Frame,
  { x: left, y: top, width, height }: Box,
  {
    line,
    colour,
    cornersOnly,
  }: { readonly line: number; readonly colour: Rgb; readonly cornersOnly: boolean },
): void {
  const [right, bottom] = [left + width, top + height];
  const across = cornersOnly ? Math.max(line, Math.ceil(width / 4)) : width;
  const down = cornersOnly ? Math.max(line, Math.ceil(height / 4)) : height;
  for (const y of [top, bottom - line]) {
    fillRectangle(frame, { x: left, y, width: across, height: line }, colour);
    fillRectangle(frame, { x: right - across, y, width: across, height: line }, colour);
  }
  for (const x of [left, right - line]) {
    fillRectangle(frame, { x, y: top, width: line, height: down }, colour);
    fillRectangle(frame, { x, y: bottom - down, width: line, height: down }, colour);
  }
}

/** A filled tag above the box, or below it, or inside, wherever it fits. */
function drawTag(
  frame: Frame,
  text: string,
  { x: left, y: top, height: boxHeight }: Box,
  { scale, colour }: { readonly scale: number; readonly colour: Rgb },
): void {
  if (text === "") return;
  const padding = 2 * scale;
  const width = textWidth(text, scale) + 2 * padding;
  const height = GLYPH_HEIGHT * scale + 2 * padding;
  const x = Math.max(0, Math.min(frame.width - width, left));
  const bottom = top + boxHeight;
  const y = top - height >= 0 ? top - height : bottom + height <= frame.height ? bottom : Math.max(0, top);
  fillRectangle(frame, { x, y, width, height }, colour);
  drawText(frame, text, { x: x + padding, y: y + padding, scale, colour: DARK });
}
