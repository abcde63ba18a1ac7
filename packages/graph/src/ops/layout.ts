import { LoratError } from "../errors.ts";
import type { Graph, Operator, Value } from "../graph.ts";
import { broadcastShapes, inversePermutation, normaliseAxis, sameShape, sizeOf } from "../shape.ts";
import type { DType } from "../tensor.ts";
import { sumTo } from "./elementwise.ts";
import { constantIntegers, listAttribute, numberAttribute } from "./operand.ts";

export const reshapeOperator: Operator = {
  type: "Reshape",
  infer: ([x, shape]) => {
    const to = constantIntegers(shape!);
    if (sizeOf(to) !== sizeOf(x!.shape)) {
      throw new LoratError("SHAPE_RESHAPE", `[${x!.shape}] cannot be viewed as [${to}]`);
    }
    return [{ dtype: x!.dtype, shape: to }];
  },
  gradient: ({ inputs, gradients }) => [reshape(gradients[0]!, inputs[0]!.shape), undefined],
};

/** The same elements under another shape. Throws `SHAPE_RESHAPE`. */
export function reshape(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  // A reshape of a reshape is one.
  const source = x.node?.operator === reshapeOperator ? x.node.inputs[0]! : x;
  if (sameShape(source.shape, shape)) return source;
  return x.graph.apply(reshapeOperator, [source, x.graph.integers(shape)])[0]!;
}

export const transposeOperator: Operator = {
  type: "Transpose",
  infer: ([x], { perm }) => [{ dtype: x!.dtype, shape: listAttribute(perm).map((axis) => x!.shape[axis]!) }],
  gradient: ({ attributes, gradients }) => [
    transpose(gradients[0]!, inversePermutation(listAttribute(attributes.perm))),
  ],
};

/** Reorders the axes; default: the last two change places. */
export function transpose(x: Value, permutation?: readonly number[]): Value {
  const rank = x.shape.length;
  const perm = permutation ?? [...x.shape.keys()].map((i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  if (perm.length !== rank || new Set(perm).size !== rank || perm.some((axis) => !(axis in x.shape))) {
    throw new LoratError("SHAPE_AXIS", `[${perm}] is no permutation of the axes of [${x.shape}]`);
  }
  if (perm.every((axis, i) => axis === i)) return x;
  // A transpose of a transpose is one, or none.
  if (x.node?.operator === transposeOperator) {
    const before = listAttribute(x.node.attributes.perm);
    return transpose(
      x.node.inputs[0]!,
      perm.map((axis) => before[axis]!),
    );
  }
  return x.graph.apply(transposeOperator, [x], { perm })[0]!;
}

const expandOperator: Operator = {
  type: "Expand",
  infer: ([x, shape]) => [{ dtype: x!.dtype, shape: broadcastShapes(x!.shape, constantIntegers(shape!)) }],
  gradient: ({ inputs, gradients }) => [sumTo(gradients[0]!, inputs[0]!.shape), undefined],
};

/** Repeats `x` to `shape` by the broadcasting rule. */
export function expand(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  return x.graph.apply(expandOperator, [x, x.graph.integers(shape)])[0]!;
}

const concatOperator: Operator = {
  type: "Concat",
  infer: (inputs, attributes) => {
    const axis = numberAttribute(attributes.axis, 0);
    const first = inputs[0]!;
    for (const other of inputs) {
      const fits =
        other.shape.length === first.shape.length &&
        other.shape.every((dim, i) => i === axis || dim === first.shape[i]);
      if (!fits || other.dtype !== first.dtype) {
        throw new LoratError(
          "SHAPE_CONCAT",
          `[${other.shape}] does not join [${first.shape}] on axis ${axis}`,
        );
      }
    }
    const total = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
    return [{ dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? total : dim)) }];
  },
  gradient: ({ inputs, attributes, gradients }) => {
    const axis = numberAttribute(attributes.axis, 0);
    return split(
      gradients[0]!,
      inputs.map((input) => input.shape[axis]!),
      axis,
    );
  },
};

/** Joins values along `axis`. Throws `SHAPE_CONCAT`. */
export function concat(values: readonly Value[], axis: number): Value {
  if (values.length === 1) return values[0]!;
  const normal = normaliseAxis(axis, values[0]!.shape.length);
  return values[0]!.graph.apply(concatOperator, values, { axis: normal })[0]!;
}

export const splitOperator: Operator = {
  type: "Split",
  infer: ([x, sizes], attributes) => {
    const axis = numberAttribute(attributes.axis, 0);
    const parts = constantIntegers(sizes!);
    if (parts.some((size) => size < 1) || parts.reduce((a, b) => a + b, 0) !== x!.shape[axis]) {
      throw new LoratError("SHAPE_SPLIT", `axis ${axis} of [${x!.shape}] does not split into [${parts}]`);
    }
    return parts.map((size) => ({
      dtype: x!.dtype,
      shape: x!.shape.map((dim, i) => (i === axis ? size : dim)),
    }));
  },
  gradient: ({ inputs, outputs, attributes, gradients }) => {
    const graph: Graph = inputs[0]!.graph;
    const parts = outputs.map((output, i) => gradients[i] ?? graph.filled(0, output.shape));
    return [concat(parts, numberAttribute(attributes.axis, 0)), undefined];
  },
};

/** WebGPU promises a shader eight buffers: one for the input of a Split, seven for its parts. */
const maximumParts = 7;

/** Cuts a value along `axis` into parts of the given sizes. Throws `SHAPE_SPLIT`. */
export function split(x: Value, sizes: readonly number[], axis: number): Value[] {
  const normal = normaliseAxis(axis, x.shape.length);
  if (sizes.length === 1 && sizes[0] === x.shape[normal]) return [x];
  if (sizes.length > maximumParts) {
    const each = Math.ceil(sizes.length / maximumParts);
    const groups: number[][] = [];
    for (let i = 0; i < sizes.length; i += each) groups.push(sizes.slice(i, i + each));
    const totals = groups.map((group) => group.reduce((a, b) => a + b, 0));
    return split(x, totals, normal).flatMap((part, i) => split(part, groups[i]!, normal));
  }
  return [...x.graph.apply(splitOperator, [x, x.graph.integers(sizes)], { axis: normal })];
}

export const sliceOperator: Operator = {
  type: "Slice",
  infer: ([x, starts, ends, axes]) => {
    const from = constantIntegers(starts!);
    const to = constantIntegers(ends!);
    const shape = [...x!.shape];
    constantIntegers(axes!).forEach((axis, i) => {
      if (from[i]! < 0 || to[i]! > x!.shape[axis]! || from[i]! >= to[i]!) {
        throw new LoratError(
          "SHAPE_SLICE",
          `${from[i]} to ${to[i]} on axis ${axis} is outside [${x!.shape}]`,
        );
      }
      shape[axis] = to[i]! - from[i]!;
    });
    return [{ dtype: x!.dtype, shape }];
  },
  gradient: ({ inputs, gradients }) => {
    const [x, starts, ends, axes] = inputs as [Value, Value, Value, Value];
    const before = x.shape.map(() => 0);
    const after = x.shape.map(() => 0);
    constantIntegers(axes).forEach((axis, i) => {
      before[axis] = constantIntegers(starts)[i]!;
      after[axis] = x.shape[axis]! - constantIntegers(ends)[i]!;
    });
    return [pad(gradients[0]!, before, after), undefined, undefined, undefined];
  },
};

/** Takes elements `start` (inclusive) to `end` (exclusive) of `axis`. Throws `SHAPE_SLICE`. */
export function slice(x: Value, start: number, end: number, axis: number): Value {
  const normal = normaliseAxis(axis, x.shape.length);
  if (start === 0 && end === x.shape[normal]) return x;
  const { graph } = x;
  return graph.apply(sliceOperator, [
    x,
    graph.integers([start]),
    graph.integers([end]),
    graph.integers([normal]),
  ])[0]!;
}

const padOperator: Operator = {
  type: "Pad",
  infer: ([x, pads]) => {
    const amounts = constantIntegers(pads!);
    const rank = x!.shape.length;
    if (amounts.length !== 2 * rank || amounts.some((amount) => amount < 0)) {
      throw new LoratError(
        "SHAPE_PAD",
        `[${x!.shape}] needs ${rank} amounts before and after, got [${amounts}]`,
      );
    }
    return [{ dtype: x!.dtype, shape: x!.shape.map((dim, i) => dim + amounts[i]! + amounts[rank + i]!) }];
  },
  gradient: ({ inputs, gradients }) => {
    const amounts = constantIntegers(inputs[1]!);
    let dx = gradients[0]!;
    inputs[0]!.shape.forEach((dim, axis) => {
      dx = slice(dx, amounts[axis]!, amounts[axis]! + dim, axis);
    });
    return [dx, undefined];
  },
};

/** Puts zeros before and after each axis. Throws `SHAPE_PAD`. */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  if ([...before, ...after].every((amount) => amount === 0)) return x;
  return x.graph.apply(padOperator, [x, x.graph.integers([...before, ...after])], { mode: "constant" })[0]!;
}

/** ONNX codes of the element types (TensorProto.DataType). */
export const onnxDType: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

const dtypes = new Map(Object.entries(onnxDType).map(([dtype, code]) => [code, dtype as DType]));

export const castOperator: Operator = {
  type: "Cast",
  infer: ([x], { to }) => [{ dtype: dtypes.get(numberAttribute(to, 0))!, shape: x!.shape }],
  gradient: ({ inputs: [x], outputs: [y], gradients }) => [
    x!.dtype.startsWith("float") && y!.dtype.startsWith("float") ? cast(gradients[0]!, x!.dtype) : undefined,
  ],
};

/** The same numbers as another element type; differentiable between floating types. */
export function cast(x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : x.graph.apply(castOperator, [x], { to: onnxDType[dtype] })[0]!;
}

const stopGradientOperator: Operator = {
  type: "Identity",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: () => [undefined],
};

/** The same value, taken as a constant by every gradient. */
export function stopGradient(x: Value): Value {
  return x.graph.apply(stopGradientOperator, [x])[0]!;
}
