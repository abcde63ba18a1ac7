import type { Frame } from "@lorat/core";
import { describe, expect, it } from "vitest";
import { numberedFrame, readNumber } from "../testing/clips.ts";
import { contactSheet, shrunkFrame } from "./contact-sheet.ts";

describe("contactSheet", () => {
  it("places the frames in rows with their captions", async () => {
    const numbers = [0, 3, 5];
    const tiles = await Promise.all(
      numbers.map(async (i) => ({ frame: await shrunkFrame(numberedFrame(i), 160), caption: `FRAME ${i}` })),
    );
    const sheet = contactSheet(tiles, { columns: 2 });
    expect([sheet.width, sheet.height]).toEqual([2 * 168 + 8, 2 * (120 + 22 + 8) + 8]);
    const places = [
      [8, 8],
      [176, 8],
      [8, 158],
    ] as const;
    expect(places.map(([left, top]) => readNumber(cut(sheet, left, top)))).toEqual(numbers);
  });

  it("refuses to draw nothing", () => {
    expect(() => contactSheet([])).toThrow(expect.objectContaining({ code: "SHEET_EMPTY" }));
  });
});

/** 160 x 120 pixels of a sheet. */
function cut(sheet: Frame, left: number, top: number): Frame {
  const rows = Array.from({ length: 120 }, (_, y) => {
    const from = ((top + y) * sheet.width + left) * 3;
    return [...sheet.data.subarray(from, from + 160 * 3)];
  });
  return { width: 160, height: 120, channels: 3, data: Uint8Array.from(rows.flat()) };
}
