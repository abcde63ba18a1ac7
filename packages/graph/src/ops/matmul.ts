import { LoratError } from "../errors.ts";
import type { Operator, Value } from "../graph.ts";
import { broadcastShapes, sizeOf } from "../shape.ts";
import { add, sumTo } from "./elementwise.ts";
import { reshape, transpose, transposeOperator } from "./layout.ts";

export const matmulOperator: Operator = {
  type: "MatMul",
  infer: ([a, b]) => {
    const [m, k] = a!.shape.slice(-2);
    const [k2, n] = b!.shape.slice(-2);
    if (a!.shape.length < 2 || b!.shape.length < 2 || k !== k2 || a!.dtype !== b!.dtype) {
      throw new LoratError(
        "SHAPE_MATMUL",
        `${a!.name} ${a!.dtype} [${a!.shape}] cannot be multiplied by ${b!.name} ${b!.dtype} [${b!.shape}]`,
      );
    }
    const batch = broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ dtype: a!.dtype, shape: [...batch, m!, n!] }];
  },
  gradient: ({ inputs, gradients, wanted }) => {
    const [a, b] = inputs as [Value, Value];
    const dy = gradients[0]!;
    return [
      wanted[0] ? sumTo(matmul(dy, transpose(b)), a.shape) : undefined,
      wanted[1] ? sumTo(gradientOfRight(a, b, dy), b.shape) : undefined,
    ];
  },
  macs: ([a], [y]) => sizeOf(y!.shape) * a!.shape.at(-1)!,
};

/**
 * The gradient of `b` in `a b`: `a^T dy`, or `(dy^T a)^T`. Where `b` is a weight's transpose the second needs no transpose
 * after it; elsewhere the smaller of `a` and `dy` is turned.
 */
export function gradientOfRight(a: Value, b: Value, dy: Value): Value {
  const isTurnedWeight = b.shape.length === 2 && b.node?.operator === transposeOperator;
  const turnDy = isTurnedWeight || sizeOf(dy.shape) < sizeOf(a.shape);
  return turnDy ? transpose(matmul(transpose(dy), a)) : matmul(transpose(a), dy);
}

/** Matrix product over the last two axes, broadcasting the rest. Throws `SHAPE_MATMUL`. */
export function matmul(a: Value, b: Value): Value {
  // A stack of matrices times one matrix is one tall product: faster, and its weight gradient needs no sum.
  if (a.shape.length > 2 && b.shape.length === 2) {
    const rows = reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]);
    return reshape(matmul(rows, b), [...a.shape.slice(0, -1), b.shape[1]!]);
  }
  return a.graph.apply(matmulOperator, [a, b])[0]!;
}

/**
 * `x W^T + b`, with the weight stored as PyTorch stores it: `[outputs, inputs]`.
 * x: `[..., inputs]`; the result `[..., outputs]`.
 */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const product = matmul(x, transpose(weight));
  return bias ? add(product, bias) : product;
}
