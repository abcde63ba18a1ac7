import type { Graph, Value } from "../graph.ts";

/** A value, or a number that becomes a float32 scalar constant. */
export type Operand = Value | number;

/** The operands as values of one graph; at least one must be a value. */
export function operands(...given: readonly Operand[]): Value[] {
  const graph = given.find((o): o is Value => typeof o !== "number")?.graph as Graph;
  return given.map((o) => (typeof o === "number" ? graph.scalar(o) : o));
}

/** The attribute `name` as a number; integers and wrapped floats alike. */
export function numberAttribute(value: unknown, fallback: number): number {
  if (typeof value === "number") return value;
  if (typeof value === "object" && value !== null && "float" in value)
    return (value as { float: number }).float;
  return fallback;
}

/** The attribute as a list of integers. */
export function listAttribute(value: unknown): readonly number[] {
  return value as readonly number[];
}

/** The numbers of an int64 constant, as ONNX gives shapes, axes and sizes. */
export function constantIntegers(value: Value): number[] {
  if (!value.tensor) throw new Error(`${value.name} must be a constant`);
  return Array.from(value.tensor.data as BigInt64Array, Number);
}
