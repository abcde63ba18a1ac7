import { add, concat, float32, type Graph, mul, slice, sub, type Value } from "@lorat/graph";

/** What a head gives for every search cell. */
export interface HeadOutput {
  /** `[batch, grid, grid]`, logits. */
  readonly scoreMap: Value;
  /** `[batch, grid, grid, 4]`, `[x1, y1, x2, y2]` as fractions of the search region, not clipped. */
  readonly boxes: Value;
}

/** Centres of the cells, `[1, grid, grid, 2]` as `(x, y)` fractions of the search region. */
export function cellCentres(graph: Graph, grid: number): Value {
  const centres = new Float32Array(grid * grid * 2);
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      centres[(row * grid + column) * 2] = (column + 0.5) / grid;
      centres[(row * grid + column) * 2 + 1] = (row + 0.5) / grid;
    }
  }
  return graph.constant(float32(centres, [1, grid, grid, 2]));
}

/** Boxes from distances to the four sides: `[batch, grid, grid, 4]` in the order left, top, right, bottom. */
export function boxesFromSides(sides: Value): Value {
  const centres = cellCentres(sides.graph, sides.shape[1]!);
  return concat([sub(centres, slice(sides, 0, 2, 3)), add(centres, slice(sides, 2, 4, 3))], 3);
}

/** Boxes from centre offsets and sizes, each `[batch, grid, grid, 2]`. */
export function boxesFromCentre(offset: Value, size: Value): Value {
  const centre = add(cellCentres(offset.graph, offset.shape[1]!), offset);
  const half = mul(size, 0.5);
  return concat([sub(centre, half), add(centre, half)], 3);
}
