import { describe, expect, it } from "vitest";
import { spreadOf } from "../statistics.ts";

describe("spreadOf", () => {
  it("gives median and tenth to ninetieth percentile", () => {
    expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ count: 5, median: 3, low: 1.4, high: 4.6 });
    expect(spreadOf([4, 2]).median).toBe(3);
    expect(spreadOf([7])).toEqual({ count: 1, median: 7, low: 7, high: 7 });
  });

  it("leaves its input in order and refuses an empty one", () => {
    const values = [3, 1, 2];
    spreadOf(values);
    expect(values).toEqual([3, 1, 2]);
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});
