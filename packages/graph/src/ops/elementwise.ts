import { LoratError } from "../errors.ts";
import type { GradientContext, Operator, OutputSpec, Value } from "../graph.ts";
import { broadcastAxes, broadcastShapes, sameShape } from "../shape.ts";
import type { DType } from "../tensor.ts";
import { reshape } from "./layout.ts";
import { type Operand, operands } from "./operand.ts";
import { reduceSum } from "./reduce.ts";

type BinaryGradient = (a: Value, b: Value, out: Value, gradient: Value) => [() => Value, () => Value];

function inferBinary(type: string, dtype?: DType) {
  return ([a, b]: readonly Value[]): OutputSpec[] => {
    if (a!.dtype !== b!.dtype) {
      throw new LoratError("SHAPE_DTYPE", `${type} needs one element type, got ${a!.dtype} and ${b!.dtype}`);
    }
    return [{ dtype: dtype ?? a!.dtype, shape: broadcastShapes(a!.shape, b!.shape) }];
  };
}

function binary(type: string, gradient: BinaryGradient): Operator {
  return {
    type,
    infer: inferBinary(type),
    gradient({ inputs, outputs, gradients, wanted }) {
      const [a, b] = inputs as [Value, Value];
      const parts = gradient(a, b, outputs[0]!, gradients[0]!);
      return [
        wanted[0] ? sumTo(parts[0](), a.shape) : undefined,
        wanted[1] ? sumTo(parts[1](), b.shape) : undefined,
      ];
    },
  };
}

function comparison(type: string): Operator {
  return { type, infer: inferBinary(type, "bool") };
}

function unary(type: string, gradient: (x: Value, y: Value, dy: Value) => Value): Operator {
  return {
    type,
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    gradient: ({ inputs, outputs, gradients }: GradientContext) => [
      gradient(inputs[0]!, outputs[0]!, gradients[0]!),
    ],
  };
}

export const addOperator = binary("Add", (_a, _b, _y, dy) => [() => dy, () => dy]);
const subOperator = binary("Sub", (_a, _b, _y, dy) => [() => dy, () => neg(dy)]);
export const mulOperator = binary("Mul", (a, b, _y, dy) => [() => mul(dy, b), () => mul(dy, a)]);
export const divOperator = binary("Div", (_a, b, y, dy) => [() => div(dy, b), () => neg(div(mul(dy, y), b))]);
const negOperator = unary("Neg", (_x, _y, dy) => neg(dy));
const expOperator = unary("Exp", (_x, y, dy) => mul(dy, y));
export const logOperator = unary("Log", (x, _y, dy) => div(dy, x));
export const sqrtOperator = unary("Sqrt", (_x, y, dy) => div(mul(dy, 0.5), y));
export const sigmoidOperator = unary("Sigmoid", (_x, y, dy) => mul(dy, mul(y, sub(1, y))));
const hardSigmoidOperator: Operator = {
  ...unary("HardSigmoid", (x, _y, dy) => where(greater(abs(x), 3), 0, div(dy, 6))),
};
const reluOperator = unary("Relu", (x, _y, dy) => where(greater(x, 0), dy, 0));
// d|x| is taken as -1 at 0; the gradient is only asked for where x is away from it.
const absOperator = unary("Abs", (x, _y, dy) => where(greater(x, 0), dy, neg(dy)));
const erfOperator = unary("Erf", (x, _y, dy) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))));
export const geluOperator = unary("Gelu", (x, _y, dy) => {
  // Phi(x) + x phi(x), the derivative of the exact (erf) form, over u = x / sqrt(2): (erf(u) + u e^(ln(2 / sqrt(pi)) - u^2) + 1) / 2.
  const u = mul(x, Math.SQRT1_2);
  const density = exp(sub(Math.log(2 / Math.sqrt(Math.PI)), mul(u, u)));
  return mul(mul(dy, add(add(erf(u), mul(u, density)), 1)), 0.5);
});
const greaterOperator = comparison("Greater");
const lessOperator = comparison("Less");

export const whereOperator: Operator = {
  type: "Where",
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== "bool" || a!.dtype !== b!.dtype) {
      throw new LoratError(
        "SHAPE_DTYPE",
        `Where needs a bool condition and two values of one type, got ${condition!.dtype}, ${a!.dtype}, ${b!.dtype}`,
      );
    }
    return [
      { dtype: a!.dtype, shape: broadcastShapes(condition!.shape, broadcastShapes(a!.shape, b!.shape)) },
    ];
  },
  gradient: ({ inputs, gradients, wanted }) => {
    const [condition, a, b] = inputs as [Value, Value, Value];
    const dy = gradients[0]!;
    return [
      undefined,
      wanted[1] ? sumTo(where(condition, dy, 0), a.shape) : undefined,
      wanted[2] ? sumTo(where(condition, 0, dy), b.shape) : undefined,
    ];
  },
};

function apply(operator: Operator, ...given: readonly Operand[]): Value {
  const inputs = operands(...given);
  return inputs[0]!.graph.apply(operator, inputs)[0]!;
}

/** `a + b`, broadcasting. */
export const add = (a: Operand, b: Operand): Value => apply(addOperator, a, b);
/** `a - b`, broadcasting. */
export const sub = (a: Operand, b: Operand): Value => apply(subOperator, a, b);
/** `a * b`, broadcasting. */
export const mul = (a: Operand, b: Operand): Value => apply(mulOperator, a, b);
/** `a / b`, broadcasting. */
export const div = (a: Operand, b: Operand): Value => apply(divOperator, a, b);
/** `-x`. */
export const neg = (x: Value): Value => apply(negOperator, x);
/** `e^x`. */
export const exp = (x: Value): Value => apply(expOperator, x);
/** Natural logarithm. */
export const log = (x: Value): Value => apply(logOperator, x);
/** Square root. */
export const sqrt = (x: Value): Value => apply(sqrtOperator, x);
/** `1 / (1 + e^-x)`. */
export const sigmoid = (x: Value): Value => apply(sigmoidOperator, x);
/** `max(x, 0)`. */
/** `x / 6 + 1 / 2`, clipped to 0..1. */
export const hardSigmoid = (x: Value): Value =>
  x.graph.apply(hardSigmoidOperator, [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })[0]!;

/** `max(x, 0)`, element by element. */
export const relu = (x: Value): Value => apply(reluOperator, x);
/** `|x|`. */
export const abs = (x: Value): Value => apply(absOperator, x);
/** Gauss error function. */
export const erf = (x: Value): Value => apply(erfOperator, x);
/** Gaussian error linear unit, the exact form with erf. */
export const gelu = (x: Value): Value => apply(geluOperator, x);
/** `x * sigmoid(x)`, the activation of SwiGLU. */
export const silu = (x: Value): Value => mul(x, sigmoid(x));
/** `a > b`, elementwise; bool. */
export const greater = (a: Operand, b: Operand): Value => apply(greaterOperator, a, b);
/** `a < b`, elementwise; bool. */
export const less = (a: Operand, b: Operand): Value => apply(lessOperator, a, b);
/** `condition ? a : b`, elementwise, broadcasting. */
export const where = (condition: Value, a: Operand, b: Operand): Value =>
  apply(whereOperator, condition, a, b);
/** The larger of two, elementwise; at equality the gradient goes to `b`. (WebGPU has no Max.) */
export const maximum = (a: Operand, b: Operand): Value => where(greater(a, b), a, b);
/** The smaller of two, elementwise; at equality the gradient goes to `b`. (WebGPU has no Min.) */
export const minimum = (a: Operand, b: Operand): Value => where(less(a, b), a, b);

/** Sums `gradient` over the axes that broadcasting repeated, back to `shape`. */
export function sumTo(gradient: Value, shape: readonly number[]): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const axes = broadcastAxes(gradient.shape, shape);
  const summed = axes.length > 0 ? reduceSum(gradient, axes, false) : gradient;
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape);
}
