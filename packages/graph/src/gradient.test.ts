import { describe, expect, it } from "vitest";
import {
  add,
  cast,
  exp,
  Graph,
  gradient,
  greater,
  layerNorm,
  linear,
  matmul,
  mul,
  type Operator,
  reachableNodes,
  reduceSum,
  split,
  sumOfSquares,
  type Value,
  vectorJacobianProduct,
  where,
} from "./index.ts";
import { compositeCases } from "./testing/cases/composite.ts";
import { evaluate } from "./testing/interpreter.ts";
import { describeOperators } from "./testing/operator-suite.ts";
import type { Tensor64 } from "./testing/tensor64.ts";

const withCode = (code: string) => expect.objectContaining({ name: "LoratError", code });

const tensor = (shape: number[], ...data: number[]): Tensor64 => ({ shape, data: Float64Array.from(data) });

/** An operator that nobody wrote a gradient for. */
const floor: Operator = { type: "Floor", infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }] };

function numbers(value: Value, feeds: Record<string, Tensor64>): number[] {
  return Array.from(evaluate({ value }, new Map(Object.entries(feeds))).value!.data);
}

describeOperators("composites", compositeCases);

describe("gradient", () => {
  it("is zeros for a parameter that the loss does not depend on", () => {
    const graph = new Graph();
    const [x, unread] = [graph.parameter("x", [2]), graph.parameter("unread", [3, 2])];
    const [dx, dUnread] = gradient(sumOfSquares(x), [x, unread]);
    expect(numbers(dx!, { x: tensor([2], 3, -1) })).toEqual([6, -2]);
    expect(dUnread!.shape).toEqual([3, 2]);
    expect(numbers(dUnread!, {})).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("is 1 for the loss itself, and adds up where a value is read twice by one node", () => {
    const graph = new Graph();
    const x = graph.parameter("x", []);
    expect(numbers(gradient(x, [x])[0]!, { x: tensor([], 5) })).toEqual([1]);
    expect(numbers(gradient(add(x, x), [x])[0]!, { x: tensor([], 5) })).toEqual([2]);
  });

  it("can be taken by a value inside the graph, whatever made it", () => {
    const graph = new Graph();
    const x = graph.input("x", [2]);
    const inner = graph.apply(floor, [x])[0]!;
    const [d] = gradient(reduceSum(mul(inner, inner)), [inner]);
    expect(reachableNodes([d!]).map((node) => node.operator.type)).toContain("Mul");
  });

  it("of a gradient is the second derivative", () => {
    const graph = new Graph();
    const x = graph.parameter("x", [2]);
    const [first] = gradient(reduceSum(mul(x, mul(x, x))), [x]);
    const [second] = gradient(reduceSum(first!), [x]);
    expect(numbers(second!, { x: tensor([2], 2, -3) })).toEqual([12, -18]);
  });

  it("builds nothing for weights that are frozen", () => {
    const graph = new Graph();
    const x = graph.input("x", [4, 8]);
    const frozen = graph.parameter("frozen", [8, 8]);
    const [a, b] = [graph.parameter("a", [2, 8]), graph.parameter("b", [8, 2])];
    const loss = sumOfSquares(add(linear(x, frozen), linear(linear(x, a), b)));
    const before = graph.nodes.length;
    const gradients = gradient(loss, [a, b]);
    const shapes = graph.nodes
      .slice(before)
      .flatMap((node) => node.outputs.map((output) => `${output.shape}`));
    expect(gradients.map((g) => g.shape)).toEqual([
      [2, 8],
      [8, 2],
    ]);
    expect(shapes).not.toContain("8,8");
  });

  it("does not pass a choice's condition", () => {
    const graph = new Graph();
    const x = graph.parameter("x", [3]);
    const [d] = gradient(reduceSum(where(greater(x, 0), 2, -1)), [x]);
    expect(numbers(d!, { x: tensor([3], -1, 0, 1) })).toEqual([0, 0, 0]);
    const [mask] = gradient(reduceSum(cast(greater(x, 0), "float32")), [x]);
    expect(numbers(mask!, { x: tensor([3], -1, 0, 1) })).toEqual([0, 0, 0]);
  });

  it("starts from any seeds, one for each output", () => {
    const graph = new Graph();
    const x = graph.parameter("x", [2, 2]);
    const [top, bottom] = split(x, [1, 1], 0);
    const seeds = [graph.input("s0", [1, 2]), graph.input("s1", [1, 2])];
    const [d] = vectorJacobianProduct([mul(top!, 3), bottom!], seeds, [x]);
    const feeds = { x: tensor([2, 2], 1, 2, 3, 4), s0: tensor([1, 2], 1, 10), s1: tensor([1, 2], 5, 7) };
    expect(numbers(d!, feeds)).toEqual([3, 30, 5, 7]);
  });

  it("refuses a loss of more than one element, an operator without gradient, LayerNorm twice", () => {
    const graph = new Graph();
    const x = graph.parameter("x", [2, 3]);
    expect(() => gradient(x, [x])).toThrow(withCode("GRADIENT_SCALAR"));
    expect(() => gradient(reduceSum(graph.apply(floor, [x])[0]!), [x])).toThrow(withCode("GRADIENT_MISSING"));
    expect(() => gradient(reduceSum(graph.apply(floor, [x])[0]!), [])).not.toThrow();
    const [scale, bias] = [graph.parameter("scale", [3]), graph.parameter("bias", [3])];
    const [dx] = gradient(reduceSum(exp(layerNorm(x, scale, bias, 1e-6))), [x]);
    expect(() => gradient(sumOfSquares(dx!), [x])).toThrow(withCode("GRADIENT_MISSING"));
  });

  it("of a stack of matrices by one matrix is a single product, with no sum over the batch", () => {
    const graph = new Graph();
    const [x, weight] = [graph.input("x", [5, 4, 3]), graph.parameter("weight", [3, 2])];
    const seed = graph.input("seed", [5, 4, 2]);
    const before = graph.nodes.length;
    vectorJacobianProduct([matmul(x, weight)], [seed], [weight]);
    const types = graph.nodes.slice(before).map((node) => node.operator.type);
    expect(types.filter((type) => type === "MatMul")).toHaveLength(2);
    expect(types).not.toContain("ReduceSum");
  });
});
