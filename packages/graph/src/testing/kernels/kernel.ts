import type { Attribute, Attributes } from "../../graph.ts";
import type { Tensor64 } from "../tensor64.ts";

/** An ONNX operator in float64: its outputs from its inputs and attributes, by the operator's own definition. */
export type Kernel = (inputs: readonly Tensor64[], attributes: Attributes) => Tensor64[];

/** An operand that the operator cannot do without. */
export function required(inputs: readonly Tensor64[], position: number): Tensor64 {
  const input = inputs[position];
  if (!input) throw new Error(`operand ${position} is missing`);
  return input;
}

/** An integer attribute, or the operator's default. */
export function integer(value: Attribute | undefined, fallback: number): number {
  return value === undefined ? fallback : (value as number);
}

/** A float attribute at the precision in which ONNX stores it. */
export function float(value: Attribute | undefined, fallback: number): number {
  return Math.fround(value === undefined ? fallback : (value as { float: number }).float);
}

/** A list attribute, or the operator's default. */
export function list(value: Attribute | undefined, fallback: readonly number[]): readonly number[] {
  return value === undefined ? fallback : (value as readonly number[]);
}

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
