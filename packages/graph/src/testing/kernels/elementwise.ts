import { broadcast, readBroadcast, type Tensor64, tensor64 } from "../tensor64.ts";
import { erf } from "./erf.ts";
import { type Kernel, required } from "./kernel.ts";

/** A function of the operands' elements, broadcast. */
function elementwise(arity: number, compute: (...operands: number[]) => number): Kernel {
  return (inputs) => {
    const operands: Tensor64[] = Array.from({ length: arity }, (_, i) => required(inputs, i));
    const shape = broadcast(...operands.map((operand) => operand.shape));
    return [tensor64(shape, (index) => compute(...operands.map((operand) => readBroadcast(operand, index))))];
  };
}

const unary = (compute: (x: number) => number) => elementwise(1, compute);
const binary = (compute: (a: number, b: number) => number) => elementwise(2, compute);

/** ONNX codes of the types that a Cast to is not the identity in float64. */
const castTo: Readonly<Record<number, (x: number) => number>> = {
  2: (x) => Math.trunc(x),
  3: (x) => Math.trunc(x),
  6: (x) => Math.trunc(x),
  7: (x) => Math.trunc(x),
  9: (x) => (x === 0 ? 0 : 1),
};

const cast: Kernel = (inputs, attributes) =>
  unary(castTo[attributes.to as number] ?? ((x) => x))(inputs, attributes);

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Greater: binary((a, b) => (a > b ? 1 : 0)),
  Less: binary((a, b) => (a < b ? 1 : 0)),
  Where: elementwise(3, (condition, a, b) => (condition ? a : b)),
  Neg: unary((x) => -x),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sqrt: unary(Math.sqrt),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  HardSigmoid: unary((x) => Math.min(Math.max(x / 6 + 0.5, 0), 1)),
  Relu: unary((x) => Math.max(x, 0)),
  Abs: unary(Math.abs),
  Erf: unary(erf),
  Gelu: unary((x) => 0.5 * x * (1 + erf(x / Math.SQRT2))),
  Cast: cast,
  Identity: unary((x) => x),
};
