import { describe, expect, it } from "vitest";
import { sinCosPositions } from "./positions.ts";

describe("sinCosPositions", () => {
  it("has columns in the first half, rows in the second, sines before cosines", () => {
    const table = sinCosPositions({ width: 3, height: 2 }, 8);
    const cell = [...table.subarray(5 * 8, 6 * 8)];
    const expected = [2, 0.02]
      .map(Math.sin)
      .concat([2, 0.02].map(Math.cos), [1, 0.01].map(Math.sin), [1, 0.01].map(Math.cos));
    cell.forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i]!, 6);
    });
  });

  it("refuses a dimension that four does not divide", () => {
    expect(() => sinCosPositions({ width: 2, height: 2 }, 6)).toThrow(
      expect.objectContaining({ code: "POSITION_DIM" }),
    );
  });
});
