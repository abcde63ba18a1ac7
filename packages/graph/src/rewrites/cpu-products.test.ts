import { describe, expect, it } from "vitest";
import { add, concat, Graph, linear, matmul, reachableNodes, type Value } from "../index.ts";
import { evaluate } from "../testing/interpreter.ts";
import type { Tensor64 } from "../testing/tensor64.ts";
import { forCpuProducts } from "./cpu-products.ts";

/** Reproducible numbers for every input and parameter. */
function feedsOf(graph: Graph): Map<string, Tensor64> {
  const values = [...graph.inputs.values(), ...graph.parameters.values()];
  return new Map(
    values.map(({ name, shape }, at) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [
        name,
        { shape, data: Float64Array.from({ length: size }, (_, i) => Math.sin(1 + i * 0.7 + at)) },
      ];
    }),
  );
}

const products = (outputs: Record<string, Value>) =>
  reachableNodes(Object.values(outputs)).filter(({ operator }) => operator.type === "MatMul");

function expectSameNumbers(before: Record<string, Value>, after: Record<string, Value>) {
  const feeds = feedsOf(Object.values(before)[0]!.graph);
  const expected = evaluate(before, feeds);
  const actual = evaluate(after, feeds);
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name]!.shape).toEqual(shape);
    data.forEach((value, i) => {
      expect(actual[name]!.data[i]).toBeCloseTo(value, 12);
    });
  }
}

describe("products for a CPU", () => {
  it.each([1024, 2048, 3072])("spreads rows of %i numbers, by a weight as it is or turned", (width) => {
    const graph = new Graph();
    const x = graph.input("x", [40, width]);
    const w = graph.parameter("w", [3, width]);
    const before = { turned: linear(x, w), straight: matmul(x, graph.parameter("v", [width, 2])) };
    const after = forCpuProducts(before);
    expectSameNumbers(before, after);
    for (const { inputs } of products(after)) expect(inputs[0]!.shape).toEqual([40, width + 16]);
    // Both products share the spread rows.
    expect(new Set(products(after).map(({ inputs }) => inputs[0])).size).toBe(1);
  });

  it.each([
    [40, 1000],
    [40, 512],
    [8, 1024],
  ])("leaves %i rows of %i numbers alone", (rows, width) => {
    const graph = new Graph();
    const before = { y: linear(graph.input("x", [rows, width]), graph.parameter("w", [3, width])) };
    const after = forCpuProducts(before);
    expect(products(after)[0]!.inputs[0]!.shape).toEqual([rows, width]);
    expectSameNumbers(before, after);
  });

  it("keeps a graph without products as it is", () => {
    const graph = new Graph();
    const x = graph.input("x", [2, 3]);
    const before = { y: concat([add(x, 1), x], 0), same: x };
    const after = forCpuProducts(before);
    expect(reachableNodes(Object.values(after)).length).toBe(reachableNodes(Object.values(before)).length);
    expectSameNumbers(before, after);
  });
});
