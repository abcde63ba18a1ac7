import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Size } from "../geometry/frame.ts";
import { resizePositions } from "./positions.ts";

const side = fc.integer({ min: 1, max: 12 });
const grid = fc.record({ width: side, height: side });

describe("resizePositions", () => {
  it("keeps a constant table constant, whatever the grids", () => {
    fc.assert(
      fc.property(grid, grid, fc.integer({ min: 1, max: 5 }), (source, target, dim) => {
        const table = Float32Array.from({ length: source.width * source.height * dim }, (_, i) => i % dim);
        const resized = resizePositions(table, dim, source, target);
        expect(resized.length).toBe(target.width * target.height * dim);
        resized.forEach((v, i) => {
          expect(v).toBeCloseTo(i % dim, 5);
        });
      }),
    );
  });

  it("gives the transposed result for the transposed table", () => {
    const transpose = (table: Float32Array, { width, height }: Size) =>
      Float32Array.from(table, (_, i) => table[(i % height) * width + Math.floor(i / height)]!);
    const flip = ({ width, height }: Size) => ({ width: height, height: width });
    fc.assert(
      fc.property(
        grid,
        grid,
        fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
        (source, target, values) => {
          const table = Float32Array.from([...values.take(source.width * source.height)]);
          const direct = resizePositions(table, 1, source, target);
          const turned = resizePositions(transpose(table, source), 1, flip(source), flip(target));
          transpose(turned, flip(target)).forEach((v, i) => {
            expect(v).toBeCloseTo(direct[i]!, 5);
          });
        },
      ),
    );
  });

  it("copies a table of the same grid", () => {
    const table = Float32Array.of(1, 2, 3, 4);
    const same = resizePositions(table, 1, { width: 2, height: 2 }, { width: 2, height: 2 });
    expect(same).toEqual(table);
    expect(same).not.toBe(table);
  });

  it("refuses a table of another size", () => {
    expect(() =>
      resizePositions(new Float32Array(7), 2, { width: 2, height: 2 }, { width: 3, height: 3 }),
    ).toThrow(expect.objectContaining({ code: "POSITION_TABLE" }));
  });
});
