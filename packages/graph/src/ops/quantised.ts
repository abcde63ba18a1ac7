import { LoratError } from "../errors.ts";
import type { Operator, Value } from "../graph.ts";
import { sizeOf } from "../shape.ts";

/** Numbers in uint8: `x` is about `(levels - zero) * scale`. */
export interface Quantised {
  /** uint8, the shape of `x`. */
  readonly levels: Value;
  /** One float32. */
  readonly scale: Value;
  /** The level of the number 0, one uint8. */
  readonly zero: Value;
}

const dynamicQuantizeOperator: Operator = {
  type: "DynamicQuantizeLinear",
  infer: ([x]) => [
    { dtype: "uint8", shape: x!.shape },
    { dtype: "float32", shape: [] },
    { dtype: "uint8", shape: [] },
  ],
};

/** Rounds `x` to 256 levels from its minimum to its maximum, 0 among them. The range is found at every run. */
export function dynamicQuantize(x: Value): Quantised {
  const [levels, scale, zero] = x.graph.apply(dynamicQuantizeOperator, [x]) as [Value, Value, Value];
  return { levels, scale, zero };
}

const matmulIntegerOperator: Operator = {
  type: "MatMulInteger",
  infer: ([a, b]) => {
    const [k, n] = b!.shape;
    if (b!.shape.length !== 2 || a!.shape.length < 2 || a!.shape.at(-1) !== k) {
      throw new LoratError(
        "SHAPE_MATMUL",
        `${a!.name} ${a!.dtype} [${a!.shape}] cannot be multiplied by ${b!.name} ${b!.dtype} [${b!.shape}]`,
      );
    }
    return [{ dtype: "int32", shape: [...a!.shape.slice(0, -1), n!] }];
  },
  macs: ([a], [y]) => sizeOf(y!.shape) * a!.shape.at(-1)!,
};

/** Levels, and the level of the number 0. */
type Levels = Pick<Quantised, "levels" | "zero">;

/** `(a.levels - a.zero) (b.levels - b.zero)` as int32. a: uint8 `[..., k]`; b: int8 or uint8 `[k, n]`. Throws `SHAPE_MATMUL`. */
export function matmulInteger(a: Levels, b: Levels): Value {
  return b.levels.graph.apply(matmulIntegerOperator, [a.levels, b.levels, a.zero, b.zero])[0]!;
}

const roundOperator: Operator = {
  type: "Round",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
};

/** The nearest whole numbers, halves to the even one. */
export function round(x: Value): Value {
  return x.graph.apply(roundOperator, [x])[0]!;
}

const rowMaximumOperator: Operator = {
  type: "ReduceMax",
  infer: ([x]) => [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, -1), 1] }],
};

/** The largest number along the last axis. x: `[..., n]`; the result `[..., 1]`. */
export function rowMaximum(x: Value): Value {
  return x.graph.apply(rowMaximumOperator, [x, x.graph.integers([-1])], { keepdims: 1 })[0]!;
}
