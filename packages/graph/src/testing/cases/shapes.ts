import * as fc from "fast-check";

/** One axis, small enough for finite differences over every element. */
export const dim = fc.integer({ min: 1, max: 4 });

/** A shape of `minRank` to `maxRank` axes. */
export function shape(minRank = 0, maxRank = 4): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 3 }), { minLength: minRank, maxLength: maxRank });
}

/** A shape that broadcasts to `full`: some leading axes left out, some others 1. */
export function broadcastable(full: readonly number[]): fc.Arbitrary<number[]> {
  return fc
    .record({
      dropped: fc.integer({ min: 0, max: full.length }),
      ones: fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
    })
    .map(({ dropped, ones }) => full.map((dim, axis) => (ones[axis] ? 1 : dim)).slice(dropped));
}

/** `count` shapes that broadcast with each other. */
export function broadcastGroup(count: number, maxRank = 4): fc.Arbitrary<number[][]> {
  return shape(0, maxRank).chain((full) =>
    fc.tuple(...Array.from({ length: count }, () => broadcastable(full))),
  );
}

/** A shape and one of its axes, counted from either end. */
export function shapeAndAxis(maxRank = 4): fc.Arbitrary<{ shape: number[]; axis: number }> {
  return shape(1, maxRank).chain((drawn) =>
    fc.integer({ min: -drawn.length, max: drawn.length - 1 }).map((axis) => ({ shape: drawn, axis })),
  );
}

/** `shape` with the given axis (from either end) replaced. */
export function replaceAxis(shape: readonly number[], axis: number, size: number): number[] {
  const at = axis < 0 ? axis + shape.length : axis;
  return shape.map((dim, i) => (i === at ? size : dim));
}
