import { describe, expect, it } from "vitest";
import { add, concat, Graph, linear, matmul, mul, transpose, type Value } from "../index.ts";
import { evaluate } from "../testing/interpreter.ts";
import type { Tensor64 } from "../testing/tensor64.ts";
import { frozenAsParameters, frozenValues } from "./frozen-values.ts";

const isWeight = ({ name }: Value) => name !== "trained";

/** A layer over `rows` rows whose weight is turned and put beside zeros, a bias, and a weight that is fed. */
function layer(rows: number) {
  const graph = new Graph();
  const x = graph.input("x", [rows, 3]);
  const wide = concat([transpose(graph.parameter("w", [4, 3])), graph.filled(0, [3, 200])], 1);
  const y = add(matmul(x, wide), concat([graph.parameter("b", [4]), graph.filled(2, [200])], 0));
  return { y, z: linear(x, mul(graph.parameter("trained", [2, 3]), 2)) };
}

function feeds(values: Iterable<Value>): Map<string, Tensor64> {
  return new Map(
    Array.from(values, ({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: Float64Array.from({ length: size }, (_, i) => Math.cos(i * 1.3)) }];
    }),
  );
}

describe("frozen values", () => {
  it("are what weights and constants decide, as far as it goes", () => {
    const outputs = layer(2);
    const { read, texts } = frozenValues(outputs, isWeight);
    expect(read.map(({ node }) => node?.operator.type)).toEqual(["Concat", "Concat"]);
    expect([...texts.values()].some((text) => text.includes("trained"))).toBe(false);
  });

  it("have the same texts whatever the batch, and others for other weights or constants", () => {
    const described = (outputs: Record<string, Value>) => {
      const { read, texts } = frozenValues(outputs, isWeight);
      return read.map((value) => texts.get(value));
    };
    expect(described(layer(5))).toEqual(described(layer(2)));
    const product = (weight: string, by: number) => {
      const graph = new Graph();
      return { y: mul(graph.input("x", [2]), mul(graph.parameter(weight, [2]), by)) };
    };
    const texts = [product("v", 2), product("v", 3), product("w", 2)].flatMap(described);
    expect(new Set(texts).size).toBe(3);
  });

  it("give the same numbers as parameters of those values", () => {
    const outputs = layer(2);
    const { graph } = outputs.y;
    const before = feeds([...graph.inputs.values(), ...graph.parameters.values()]);
    const frozen = frozenValues(outputs, isWeight);
    const after = frozenAsParameters(outputs, frozen);
    const computed = evaluate(Object.fromEntries(frozen.read.map((v, i) => [`${i}`, v])), before);
    const given = new Map(before);
    frozen.read.forEach((value, i) => {
      given.set(frozen.texts.get(value)!, computed[`${i}`]!);
    });
    expect(evaluate(after, given)).toEqual(evaluate(outputs, before));
  });

  it("leave constants of many numbers, which have no text, in the graph", () => {
    const graph = new Graph();
    const table = graph.constant({
      dtype: "float32",
      shape: [100],
      data: Float32Array.from({ length: 100 }, (_, i) => i),
    });
    const weight = graph.parameter("w", [100]);
    const { read } = frozenValues({ y: add(graph.input("x", [100]), mul(weight, table)) }, isWeight);
    expect(read).toEqual([weight]);
  });

  it("may be outputs", () => {
    const graph = new Graph();
    const turned = transpose(graph.parameter("w", [2, 3]));
    expect(frozenValues({ turned, plain: graph.parameter("b", [1]) }, isWeight).read.length).toBe(2);
  });
});
