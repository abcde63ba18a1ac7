import type { Frame } from "@lorat/core";
import { describe, expect, it } from "vitest";
import { drawText, textWidth } from "./bitmap-font.ts";
import { drawMarks, STATE_COLOURS, tagText } from "./overlay.ts";

function blank(width: number, height: number, channels: 3 | 4 = 4): Frame {
  return { width, height, channels, data: new Uint8Array(width * height * channels) };
}

function at({ data, width, channels }: Frame, x: number, y: number) {
  return [...data.subarray((y * width + x) * channels, (y * width + x) * channels + 3)];
}

describe("drawMarks", () => {
  it.each([3, 4] as const)("draws a box just around its pixels, %i channels", (channels) => {
    const frame = blank(200, 150, channels);
    drawMarks(frame, [{ box: { x: 50, y: 60, width: 40, height: 30 }, state: "tracked" }]);
    const colour = [...STATE_COLOURS.tracked];
    for (const [x, y] of [
      [49, 59],
      [48, 75],
      [90, 75],
      [70, 59],
      [70, 90],
      [91, 91],
    ]) {
      expect(at(frame, x!, y!)).toEqual(colour);
    }
    for (const [x, y] of [
      [52, 62],
      [70, 75],
      [87, 87],
      [40, 75],
      [100, 75],
    ]) {
      expect(at(frame, x!, y!)).toEqual([0, 0, 0]);
    }
  });

  it("marks only the corners of a lost target", () => {
    const frame = blank(200, 150);
    drawMarks(frame, [{ box: { x: 50, y: 60, width: 40, height: 40 }, state: "lost" }]);
    expect(at(frame, 49, 59)).toEqual([...STATE_COLOURS.lost]);
    expect(at(frame, 91, 101)).toEqual([...STATE_COLOURS.lost]);
    expect(at(frame, 49, 80)).toEqual([0, 0, 0]);
    expect(at(frame, 70, 101)).toEqual([0, 0, 0]);
  });

  it("keeps the line in sight of a box that fills the frame", () => {
    const frame = blank(200, 150);
    drawMarks(frame, [{ box: { x: 0, y: 0, width: 200, height: 150 }, state: "tracked" }]);
    for (const [x, y] of [
      [0, 0],
      [199, 149],
      [100, 1],
      [1, 75],
      [198, 75],
      [100, 148],
    ]) {
      expect(at(frame, x!, y!)).toEqual([...STATE_COLOURS.tracked]);
    }
  });

  it("draws anywhere without touching what is not the frame", () => {
    const whole = new Uint8Array(64 * 48 * 4 + 200);
    const frame: Frame = { width: 64, height: 48, channels: 4, data: whole.subarray(100, 100 + 64 * 48 * 4) };
    for (const box of [
      { x: -50, y: -50, width: 60, height: 60 },
      { x: 60, y: 40, width: 500, height: 500 },
      { x: 1000, y: -1000, width: 1, height: 1 },
      { x: 0, y: 0, width: 64, height: 48 },
      { x: 10.4, y: 11.6, width: 0.2, height: 0.2 },
    ]) {
      drawMarks(frame, [{ box, state: "uncertain", score: 0.5, label: "#1" }]);
    }
    expect(whole.subarray(0, 100).every((byte) => byte === 0)).toBe(true);
    expect(whole.subarray(-100).every((byte) => byte === 0)).toBe(true);
    expect(frame.data.some((byte) => byte !== 0)).toBe(true);
  });

  it("writes a tag with label, score and state", () => {
    expect(
      tagText({ box: { x: 0, y: 0, width: 1, height: 1 }, state: "lost", score: 0.314, label: "#2" }),
    ).toBe("#2 0.31 lost");
    expect(tagText({ box: { x: 0, y: 0, width: 1, height: 1 }, state: "tracked", score: 0.9 })).toBe("0.90");
  });
});

describe("drawText", () => {
  it("draws letters as they look", () => {
    const frame = blank(24, 9, 3);
    drawText(frame, "L1?", { x: 1, y: 1, scale: 1, colour: [255, 255, 255] });
    const rows = Array.from({ length: 9 }, (_, y) =>
      Array.from({ length: 24 }, (_, x) => (at(frame, x, y)[0] ? "#" : ".")).join(""),
    );
    expect(rows).toEqual([
      "........................",
      ".#.......#....###.......",
      ".#......##...#...#......",
      ".#.......#.......#......",
      ".#.......#......#.......",
      ".#.......#.....#........",
      ".#.......#..............",
      ".#####..###....#........",
      "........................",
    ]);
    expect(textWidth("L1?", 2)).toBe(34);
    expect(textWidth("", 2)).toBe(0);
  });
});
