import { describe, expect, it } from "vitest";
import { initialLossScale, type LossScale, lossScaleGrowthSteps, nextLossScale } from "./loss-scaler.ts";

describe("nextLossScale", () => {
  it("starts at 65536", () => {
    expect(initialLossScale).toEqual({ scale: 65536, goodSteps: 0 });
  });

  it("halves on a step that is not finite, and counts good steps from there", () => {
    expect(nextLossScale({ scale: 65536, goodSteps: 1500 }, false)).toEqual({ scale: 32768, goodSteps: 0 });
  });

  it("doubles after 2000 good steps in a row, and not before", () => {
    let scale: LossScale = initialLossScale;
    for (let i = 1; i < lossScaleGrowthSteps; i++) scale = nextLossScale(scale, true);
    expect(scale).toEqual({ scale: 65536, goodSteps: 1999 });
    expect(nextLossScale(scale, true)).toEqual({ scale: 131072, goodSteps: 0 });
  });
});
