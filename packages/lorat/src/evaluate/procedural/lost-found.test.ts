import { describe, expect, it } from "vitest";
import { lostFound } from "./lost-found.ts";
import type { JudgedFrame } from "./procedural.ts";
import { summariseDelays } from "./procedural-report.ts";

const here = { x: 10, y: 10, width: 20, height: 20 };
const away = { x: 200, y: 10, width: 20, height: 20 };
const frame = (over: Partial<JudgedFrame>): JudgedFrame => ({
  ...{ truth: here, visibility: 1, box: here, rawScore: 0.7, score: 0.9, state: "tracked" },
  ...over,
});
const frames = (count: number, over: Partial<JudgedFrame> = {}) =>
  Array.from({ length: count }, () => frame(over));
const gone = { truth: null, visibility: 0 };

describe("lostFound", () => {
  it("counts frames from the first without the target to the first that says so, and back", () => {
    const clip = [
      ...frames(5),
      ...frames(3, gone),
      ...frames(4, { ...gone, state: "lost" }),
      ...frames(2, { state: "lost" }),
      ...frames(10),
    ];
    expect(lostFound(clip)).toEqual({
      lostDelays: [4],
      returns: [{ delay: 3, near: true }],
      wellTracked: 17,
      falselyLost: 2,
    });
  });

  it("does not take a wrong box for found, nor a far place for near", () => {
    const clip = [
      ...frames(5),
      ...frames(6, gone),
      ...frames(4, { truth: away }),
      ...frames(8, { truth: away, box: away }),
    ];
    expect(lostFound(clip)).toMatchObject({
      lostDelays: [Number.POSITIVE_INFINITY],
      returns: [{ delay: 5, near: false }],
    });
  });

  it("leaves out blinks, and returns with too little time to be seen", () => {
    expect(lostFound([...frames(5), ...frames(4, gone), ...frames(20)])).toMatchObject({
      lostDelays: [],
      returns: [],
    });
    const atTheEnd = [...frames(5), ...frames(9, { ...gone, state: "lost" }), ...frames(9)];
    expect(lostFound(atTheEnd)).toMatchObject({ lostDelays: [1], returns: [] });
  });

  it("waits until half of the target shows", () => {
    const clip = [
      ...frames(5),
      ...frames(6, { ...gone, state: "lost" }),
      ...frames(7, { visibility: 0.3, state: "lost" }),
      ...frames(12),
    ];
    expect(lostFound(clip)).toMatchObject({ returns: [{ delay: 1, near: true }], falselyLost: 0 });
  });
});

describe("summariseDelays", () => {
  it("gives nearest ranks, null for never, and the share in time", () => {
    const never = Number.POSITIVE_INFINITY;
    expect(summariseDelays([3, 1, 2, never], 2)).toEqual({ count: 4, median: 2, p90: null, inTime: 0.5 });
    expect(summariseDelays([], 5)).toMatchObject({ count: 0, median: null, inTime: Number.NaN });
  });
});
