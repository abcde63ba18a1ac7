import { describe, expect, it } from "vitest";
import { dropPathShape, subsetSize } from "../model/drop-path.ts";
import { tinyVariant } from "../testing/training-batch.ts";
import { dropPathChoices } from "./drop-path-choices.ts";

const of = (dropPath: number, batch: number, pass = 0, depth = 40) =>
  dropPathChoices({ variant: { ...tinyVariant, depth, dropPath } }, batch, 7, pass);

describe("dropPathChoices", () => {
  it("gives nothing to a variant without drop path", () => {
    expect(of(0, 4)).toBeUndefined();
  });

  it("draws 0 or 1 / keep for each sample of each branch at a rate of 0.1", () => {
    const { data, shape } = of(0.1, 64)!;
    expect(shape).toEqual(dropPathShape(40, 64, 0.1));
    const kept = [...data].filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.9)]));
    expect(Math.abs(kept.length / data.length - 0.9)).toBeLessThan(0.02);
  });

  it("chooses a subset without repetition for each branch at a rate of 0.4", () => {
    const batch = 8;
    const { data, shape } = of(0.4, batch)!;
    const size = subsetSize(batch, 0.4);
    expect(shape).toEqual([40, 2, size, batch]);
    const subsets = new Set<string>();
    for (let branch = 0; branch < 80; branch++) {
      const rows = Array.from({ length: size }, (_, row) => {
        const start = (branch * size + row) * batch;
        return [...data.slice(start, start + batch)];
      });
      expect(
        rows.every((row) => row.filter((v) => v === 1).length === 1 && row.every((v) => v === 0 || v === 1)),
      ).toBe(true);
      const chosen = rows.map((row) => row.indexOf(1));
      expect(new Set(chosen).size).toBe(size);
      subsets.add([...chosen].join());
    }
    expect(subsets.size).toBeGreaterThan(40);
  });

  it("depends on seed and pass alone", () => {
    expect(of(0.4, 8, 3)).toEqual(of(0.4, 8, 3));
    expect(of(0.4, 8, 3)).not.toEqual(of(0.4, 8, 4));
  });
});
