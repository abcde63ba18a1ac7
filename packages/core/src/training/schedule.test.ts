import { describe, expect, it } from "vitest";
import { learningRate, type Schedule, scheduledLr } from "./schedule.ts";

describe("schedule", () => {
  const schedule: Schedule = {
    cosineUpdates: 40,
    warmupUpdates: 10,
    warmupLr: 1e-7,
    minLr: 1e-6,
    warmupPrefix: true,
  };

  it("uses the warm-up's start twice and stays one behind afterwards", () => {
    expect([0, 1].map((n) => learningRate(n, 1e-3, schedule))).toEqual([1e-7, 1e-7]);
    for (let n = 1; n < 60; n++) {
      expect(learningRate(n, 1e-3, schedule)).toBe(scheduledLr(n - 1, 1e-3, schedule));
    }
  });

  it("rises to the base rate, falls to the floor and stays there", () => {
    expect(scheduledLr(10, 1e-3, schedule)).toBe(1e-3);
    expect(scheduledLr(30, 1e-3, schedule)).toBeCloseTo((1e-3 + 1e-6) / 2, 12);
    expect(scheduledLr(50, 1e-3, schedule)).toBe(1e-6);
    expect(scheduledLr(500, 1e-3, schedule)).toBe(1e-6);
  });

  it("lets a base rate below the floor rise to it", () => {
    expect(scheduledLr(10, 5e-7, schedule)).toBeLessThan(scheduledLr(30, 5e-7, schedule));
  });

  it("starts at the base rate without a warm-up", () => {
    const plain = { ...schedule, cosineUpdates: 8, warmupUpdates: 0 };
    expect(learningRate(0, 1e-3, plain)).toBe(1e-3);
  });
});
