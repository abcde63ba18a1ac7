import { add, type Graph, matmul, mul, reshape, sizeOf, slice, transpose, type Value } from "@lorat/graph";
import { targetNames } from "../graph-names.ts";

/** Which kind of drop path a rate stands for: the threshold is strict, 0.1 is still per sample. */
export function dropPathKind(rate: number): "none" | "sample" | "subset" {
  if (rate === 0) return "none";
  return rate > 0.1 ? "subset" : "sample";
}

/** Samples whose branch is computed in the batch-subset version. */
export function subsetSize(batch: number, rate: number): number {
  return Math.max(Math.floor(batch * (1 - rate)), 1);
}

/**
 * Shape of the fed choices, for `depth` blocks of two branches each: per sample a factor (0, or 1 / keep), or for the
 * batch subset a one-hot row for each computed sample. `whole` is the batch that the subset is drawn from, of which
 * `batch` samples are here: any number of the subset may be among them, and rows that are left over are zero.
 */
export function dropPathShape(depth: number, batch: number, rate: number, whole = batch): number[] {
  return dropPathKind(rate) === "sample"
    ? [depth, 2, batch, 1, 1]
    : [depth, 2, Math.min(batch, subsetSize(whole, rate)), batch];
}

/** Wraps a residual branch: gives `x + DropPath(branch(x))`. */
export type ResidualBranch = (x: Value, branch: (x: Value) => Value, block: number, which: 0 | 1) => Value;

/** `x + branch(x)`: evaluation, and training without drop path. */
export const plainResidual: ResidualBranch = (x, branch) => add(x, branch(x));

/**
 * Uniform drop path over the whole depth (specification section 1.1), its choices fed as `drop_path`; see
 * {@link dropPathShape} for `whole`.
 */
export function droppedResidual(
  graph: Graph,
  depth: number,
  batch: number,
  rate: number,
  whole = batch,
): ResidualBranch {
  if (dropPathKind(rate) === "none") return plainResidual;
  const shape = dropPathShape(depth, batch, rate, whole);
  const choices = graph.input(targetNames.dropPath, shape);
  const of = (block: number, which: number) =>
    slice(slice(choices, block, block + 1, 0), which, which + 1, 1);
  if (dropPathKind(rate) === "sample") {
    return (x, branch, block, which) => add(x, mul(branch(x), reshape(of(block, which), [batch, 1, 1])));
  }
  const size = shape[2]!;
  const factor = whole / subsetSize(whole, rate);
  return (x, branch, block, which) => {
    const select = reshape(of(block, which), [size, batch]); // one-hot rows
    const width = sizeOf(x.shape) / batch;
    const subset = reshape(matmul(select, reshape(x, [batch, width])), [size, ...x.shape.slice(1)]);
    const out = mul(reshape(branch(subset), [size, width]), factor);
    return add(x, reshape(matmul(transpose(select), out), x.shape));
  };
}
