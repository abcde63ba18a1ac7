import { rasterise } from "@lorat/core/geometry";
import type { ScoredKind } from "../../datasets/annotations/benchmark.ts";
import { pixelOrigin } from "../../datasets/pixel-origin.ts";

const TENS = Array.from({ length: 16 }, (_, i) => 10 ** i);

/** A number with `digits` decimals as C's `%.3f` writes it: an exact half goes to the even digit, `nan`, `inf`, `-0.000`. */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return `-${(0).toFixed(digits)}`;
  const text = value.toFixed(digits);
  const half = Math.abs(value * TENS[digits]!) % 1;
  if (Math.abs(half - 0.5) > 1e-6) return text;
  return isExactHalf(value, digits) ? toEven(value, digits) : text;
}

/** `toFixed` is exact, so the decimals after the rounded ones tell: a double has no more than these. */
function isExactHalf(value: number, digits: number): boolean {
  const decimals = value.toFixed(100).split(".")[1] ?? "";
  return /^50*$/.test(decimals.slice(digits));
}

/** Of the two texts that are equally near, the one with the even last digit. */
function toEven(value: number, digits: number): string {
  const long = value.toFixed(digits + 1);
  const down = digits === 0 ? long.slice(0, -2) : long.slice(0, -1);
  if (Number(down.at(-1)) % 2 === 0) return down;
  // Away from zero: a little more than half rounds there.
  return (value + (Math.sign(value) * 0.1) / TENS[digits]!).toFixed(digits);
}

/** `x,y,w,h` lines of the whole pixels that the boxes touch. */
export function rasterisedLines(corners: Float64Array, digits: number): string {
  return lines(corners.length / 4, (row) => {
    const at = 4 * row;
    const [x1, y1, x2, y2] = rasterise([corners[at]!, corners[at + 1]!, corners[at + 2]!, corners[at + 3]!]);
    return [x1, y1, x2 - x1, y2 - y1].map((value) => fixed(value, digits)).join(",");
  });
}

/** Tab-separated `x y w h` lines with three decimals, counted as the kind's files are (specification 5.4). */
export function tabbedLines(corners: Float64Array, kind: ScoredKind): string {
  const { shift: first } = pixelOrigin(kind);
  return lines(corners.length / 4, (row) => {
    const at = 4 * row;
    const [x1, y1, x2, y2] = [corners[at]!, corners[at + 1]!, corners[at + 2]!, corners[at + 3]!];
    return [x1 + first, y1 + first, x2 - x1, y2 - y1].map((value) => fixed(value, 3)).join("\t");
  });
}

/**
 * VOT's whole-pixel rectangle of a box, `[x, y, width, height]`: the first corner cut to an integer, the second after almost
 * one is added. Source: specification 5.5.
 */
export function votRectangle(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
): [x: number, y: number, width: number, height: number] {
  const [left, top] = [Math.trunc(x1), Math.trunc(y1)];
  const [right, bottom] = [Math.trunc(x2 + 1 - 1e-4), Math.trunc(y2 + 1 - 1e-4)];
  return [left, top, right - left, bottom - top];
}

/** A text of `count` lines, each ended. */
export function lines(count: number, line: (index: number) => string): string {
  let text = "";
  for (let i = 0; i < count; i++) text += `${line(i)}\n`;
  return text;
}
