import { describe, expect, it } from "vitest";
import { createRandom } from "./random.ts";

describe("createRandom", () => {
  it("gives the same stream for the same tuple and another for any change of it", () => {
    const draw = (...seed: number[]) =>
      Array.from({ length: 4 }, createRandom(...seed).uniform.bind(null, 0, 1));
    expect(draw(1, 2, 3)).toEqual(draw(1, 2, 3));
    const first = new Set(
      [draw(1, 2, 3), draw(1, 3, 2), draw(2, 2, 3), draw(1, 2), draw(1, 2, 3.5)].map((d) => d[0]),
    );
    expect(first.size).toBe(5);
  });

  it("has the moments of its distributions", () => {
    const random = createRandom(7);
    const moments = (draw: () => number) => {
      const values = Array.from({ length: 20_000 }, draw);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
      return { mean, deviation: Math.sqrt(variance) };
    };
    const uniform = moments(() => random.uniform(2, 4));
    expect(uniform.mean).toBeCloseTo(3, 1);
    expect(uniform.deviation).toBeCloseTo(2 / Math.sqrt(12), 1);
    const normal = moments(() => random.normal(1, 2));
    expect(normal.mean).toBeCloseTo(1, 1);
    expect(normal.deviation).toBeCloseTo(2, 1);
  });

  it("has independent streams for neighbouring indices", () => {
    const firsts = Array.from({ length: 4096 }, (_, i) => createRandom(5, 0, i).uniform());
    let correlation = 0;
    for (let i = 1; i < firsts.length; i++) correlation += (firsts[i]! - 0.5) * (firsts[i - 1]! - 0.5) * 12;
    expect(Math.abs(correlation / firsts.length)).toBeLessThan(0.06);
  });

  it("permutes, chooses and weighs", () => {
    const random = createRandom(3);
    expect(random.permutation(50).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const counts = [0, 0, 0];
    for (let i = 0; i < 6000; i++) counts[random.weighted([1, 0, 2])]!++;
    expect(counts[1]).toBe(0);
    expect(counts[2]! / counts[0]!).toBeCloseTo(2, 0);
    expect(() => random.weighted([0, 0])).toThrow(/no positive sum/);
    expect(() => random.choice([])).toThrow(/nothing to choose/);
  });
});
