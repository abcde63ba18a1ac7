import type { Value } from "../graph.ts";
import { concat, swapAxes, transpose } from "../ops/layout.ts";
import { matmul } from "../ops/matmul.ts";
import { listAttribute } from "../ops/operand.ts";
import { type Rule, rewrite } from "../rewrite.ts";
import { bytesPerElement } from "../tensor.ts";

/** Rows that lie a multiple of this many bytes apart fall into the same few lines of a processor's first cache. */
const cacheWayBytes = 4096;
/** Columns of zeros that move rows apart: one cache line. */
const spacing = 16;
/** Products of fewer rows gain nothing from being spread. */
const fewestRows = 32;

/**
 * The same numbers in an order of work that suits ONNX Runtime's products on a CPU:
 * - rows that would evict each other from the cache are spread by a few zero columns (a tenth to a third faster);
 * - a transpose that moves the innermost axis becomes one that does not, followed by a swap that ONNX Runtime takes into
 *   the product.
 */
export function forCpuProducts(outputs: Readonly<Record<string, Value>>): Record<string, Value> {
  const zeros = new Map<string, Value>();
  const columns = (value: Value, count: number): Value => {
    const shape = [value.shape[0]!, count];
    const key = `${value.dtype} ${shape}`;
    let block = zeros.get(key);
    if (!block) zeros.set(key, (block = value.graph.filled(0, shape)));
    return concat([value, block], 1);
  };
  const rule: Rule = (node, inputs) => {
    if (node.operator.type !== "MatMul") return undefined;
    const [a, b] = inputs.map(innermostKept) as [Value, Value];
    if (!collides(a) || a.dtype !== "float32")
      return a === inputs[0] && b === inputs[1] ? undefined : [matmul(a, b)];
    // The weight gets rows of zeros; where it is a transpose, its source gets them as columns.
    return [matmul(columns(a, spacing), transpose(columns(transpose(b), spacing)))];
  };
  return rewrite(outputs, rule);
}

/** Whether the rows of a product's left side fall on each other in the cache. */
function collides({ shape, dtype }: Value): boolean {
  const [rows, width] = shape as [number, number];
  return shape.length === 2 && rows >= fewestRows && (width * bytesPerElement[dtype]) % cacheWayBytes === 0;
}

/** The value as a swap of the last two axes of one whose innermost axis is its source's, where that is possible. */
function innermostKept(value: Value): Value {
  if (value.node?.operator.type !== "Transpose") return value;
  const source = value.node.inputs[0]!;
  const perm = listAttribute(value.node.attributes.perm);
  const rank = perm.length;
  if (rank < 3 || perm[rank - 2] !== rank - 1) return value;
  const kept = transpose(source, [...perm.slice(0, -2), perm[rank - 1]!, perm[rank - 2]!]);
  return kept === source ? value : swapAxes(kept);
}
