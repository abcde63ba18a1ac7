import { describe, expect, it } from "vitest";
import { modelTable } from "./model-table.ts";

/** Specification section 1.6: train, LoRA, head, inference; the paper's multiply-accumulates in thousand millions. */
const published: Record<string, readonly [number, number, number, number, number?]> = {
  "S-224": [27_530_885, 5_308_416, 593_285, 22_222_469],
  "S-378": [27_712_517, 5_308_416, 593_285, 22_404_101],
  "B-224": [98_708_741, 10_616_832, 2_366_213, 88_091_909, 29.82],
  "B-378": [99_072_005, 10_616_832, 2_366_213, 88_455_173, 96.48],
  "L-224": [335_744_005, 28_311_552, 4_203_525, 307_432_453, 102.94],
  "L-378": [336_228_357, 28_311_552, 4_203_525, 307_916_805, 325.01],
  "g-224": [1_215_001_093, 70_778_880, 9_451_013, 1_144_222_213, 377.68],
  "g-378": [1_215_727_621, 70_778_880, 9_451_013, 1_144_948_741, 1160.39],
};

describe("modelTable", () => {
  const rows = new Map(modelTable().map((row) => [row.variant, row]));

  it.each(Object.entries(published))(
    "counts %s as published",
    (variant, [train, lora, head, inference, gmacs]) => {
      const row = rows.get(variant)!;
      expect([row.trainParams, row.loraParams, row.headParams, row.inferenceParams]).toEqual([
        train,
        lora,
        head,
        inference,
      ]);
      if (gmacs !== undefined) expect(Math.abs(row.gmacs / gmacs - 1)).toBeLessThan(0.001);
    },
  );

  it("counts less for tracking, where the last block computes the search tokens alone", () => {
    for (const row of rows.values()) expect(row.gmacsTracking).toBeLessThan(row.gmacs);
  });
});
