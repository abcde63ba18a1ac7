import { describe, expect, it } from "vitest";
import {
  add,
  batchNormTrain,
  bool,
  concat,
  conv2d,
  expand,
  float32,
  Graph,
  int64,
  layerNorm,
  matmul,
  mul,
  pad,
  reachableNodes,
  reduceSum,
  reshape,
  slice,
  split,
  sub,
  transpose,
  vectorJacobianProduct,
  where,
} from "./index.ts";

const withCode = (code: string) => expect.objectContaining({ name: "LoratError", code });

/** Values of a graph, for building something wrong from. */
function values() {
  const graph = new Graph();
  return {
    graph,
    x: graph.input("x", [2, 3, 4]),
    matrix: graph.input("matrix", [5, 6]),
    vector: graph.input("vector", [3]),
    integers: graph.input("integers", [2, 3, 4], "int64"),
    image: graph.input("image", [1, 3, 8, 8]),
    weight: graph.input("weight", [4, 2, 3, 3]),
  };
}

type Values = ReturnType<typeof values>;

const refused: [code: string, what: string, build: (values: Values) => unknown][] = [
  ["SHAPE_BROADCAST", "[2,3,4] plus [3]", ({ x, vector }) => add(x, vector)],
  ["SHAPE_BROADCAST", "an expansion of an axis that is not 1", ({ x }) => expand(x, [2, 3, 8])],
  ["SHAPE_DTYPE", "float32 plus int64", ({ x, integers }) => add(x, integers)],
  ["SHAPE_DTYPE", "int64 minus a float32 number", ({ integers }) => sub(integers, 1)],
  ["SHAPE_DTYPE", "a condition that is no bool", ({ x }) => where(x, x, x)],
  ["SHAPE_AXIS", "a sum over axis 3 of 3", ({ x }) => reduceSum(x, [3])],
  ["SHAPE_AXIS", "a sum over axis -4 of 3", ({ x }) => reduceSum(x, [-4])],
  ["SHAPE_AXIS", "a slice of axis 0.5", ({ x }) => slice(x, 0, 1, 0.5)],
  ["SHAPE_AXIS", "a permutation with an axis twice", ({ x }) => transpose(x, [0, 0, 1])],
  ["SHAPE_AXIS", "a permutation of too few axes", ({ x }) => transpose(x, [1, 0])],
  ["SHAPE_AXIS", "a permutation with an axis that is not there", ({ x }) => transpose(x, [0, 1, 3])],
  ["SHAPE_RESHAPE", "24 elements as 25", ({ x }) => reshape(x, [5, 5])],
  ["SHAPE_CONCAT", "[2,3,4] beside [5,6]", ({ x, matrix }) => concat([x, matrix], 0)],
  ["SHAPE_CONCAT", "float32 beside int64", ({ x, integers }) => concat([x, integers], 0)],
  ["SHAPE_SPLIT", "3 into 1 and 1", ({ x }) => split(x, [1, 1], 1)],
  ["SHAPE_SPLIT", "3 into one part of 2", ({ x }) => split(x, [2], 1)],
  ["SHAPE_SPLIT", "3 into 4 and -1", ({ x }) => split(x, [4, -1], 1)],
  ["SHAPE_SPLIT", "3 into ten parts", ({ x }) => split(x, Array(10).fill(1), 1)],
  ["SHAPE_SLICE", "1 to 5 of 4", ({ x }) => slice(x, 1, 5, -1)],
  ["SHAPE_SLICE", "an empty range", ({ x }) => slice(x, 2, 2, -1)],
  ["SHAPE_PAD", "amounts for two axes of three", ({ x }) => pad(x, [1, 1], [1, 1])],
  ["SHAPE_PAD", "a negative amount", ({ x }) => pad(x, [0, 0, -1], [0, 0, 0])],
  ["SHAPE_MATMUL", "[2,3,4] times [5,6]", ({ x, matrix }) => matmul(x, matrix)],
  ["SHAPE_MATMUL", "a vector times a matrix", ({ vector, matrix }) => matmul(vector, matrix)],
  ["SHAPE_NORM", "a scale of 3 for a width of 4", ({ x, vector }) => layerNorm(x, vector, vector, 1e-6)],
  ["SHAPE_CONV", "3 channels by a weight for 2", ({ image, weight }) => conv2d(image, weight)],
  [
    "SHAPE_CONV",
    "a kernel wider than the image",
    ({ graph, image }) => conv2d(image, graph.input("w", [1, 3, 9, 1])),
  ],
  ["SHAPE_CONV", "an image without batch axis", ({ x, weight }) => conv2d(x, weight)],
  ["GRAPH_NAME", "an input twice", ({ graph }) => graph.input("x", [2, 3, 4])],
  ["GRAPH_NAME", "a parameter named as an input", ({ graph }) => graph.parameter("x", [2, 3, 4])],
  ["GRAPH_MIXED", "values of two graphs", ({ x }) => mul(x, new Graph().input("x", [1]))],
];

describe("a graph refuses", () => {
  it.each(refused)("%s: %s", (code, _what, build) => {
    expect(() => build(values())).toThrow(withCode(code));
  });

  it("GRAPH_NAME: a parameter asked again with another shape, naming both", () => {
    const graph = new Graph();
    graph.parameter("w", [2, 3]);
    expect(() => graph.parameter("w", [3, 2])).toThrow(
      /w is float32 \[2,3\], asked again as float32 \[3,2\]/,
    );
  });

  it("TENSOR_SIZE: data that does not fill the shape", () => {
    expect(() => float32([1, 2, 3], [2, 2])).toThrow(withCode("TENSOR_SIZE"));
    expect(() => int64([1], [])).not.toThrow();
    expect(() => bool([true], [0])).toThrow(withCode("TENSOR_SIZE"));
  });
});

describe("a graph", () => {
  it("gives one value for equal small constants, and others for different ones", () => {
    const graph = new Graph();
    expect(graph.scalar(0.5)).toBe(graph.scalar(0.5));
    expect(graph.scalar(0.5)).not.toBe(graph.constant(float32([0.5], [1])));
    expect(graph.integers([1, 2])).toBe(graph.integers([1, 2]));
    expect(graph.filled(0, [65])).not.toBe(graph.filled(0, [65]));
  });

  it("gives one value for a parameter asked for twice", () => {
    const graph = new Graph();
    expect(graph.parameter("w", [2])).toBe(graph.parameter("w", [2]));
    expect([...graph.parameters.keys()]).toEqual(["w"]);
  });

  it("gives one value for the same operator on the same values, and others for different ones", () => {
    const graph = new Graph();
    const [x, y] = [graph.input("x", [2, 3]), graph.input("y", [2, 3])];
    expect(add(x, y)).toBe(add(x, y));
    expect(reduceSum(x, [0])).toBe(reduceSum(x, [0]));
    expect(graph.nodes.length).toBe(2);
    expect(add(y, x)).not.toBe(add(x, y));
    expect(mul(x, y)).not.toBe(add(x, y));
    expect(reduceSum(x, [0], true)).not.toBe(reduceSum(x, [0]));
    expect(transpose(x).node!.inputs[0]).toBe(x);
  });

  it("names nodes by their scope, and leaves it after an error", () => {
    const graph = new Graph();
    const x = graph.input("x", [2]);
    const inner = graph.scope("blocks.0", () => graph.scope("mlp", () => add(x, 1)));
    expect(inner.name).toBe("blocks.0/mlp/Add#0:0");
    expect(() => graph.scope("blocks.1", () => reshape(x, [3]))).toThrow(withCode("SHAPE_RESHAPE"));
    expect(add(x, 2).name).toBe("Add#0:0");
  });

  it("reaches only the nodes that an output needs, in order", () => {
    const graph = new Graph();
    const x = graph.input("x", [2]);
    const a = add(x, 1);
    mul(x, 3);
    const b = sub(a, 2);
    expect(reachableNodes([b]).map((node) => node.operator.type)).toEqual(["Add", "Sub"]);
    expect(reachableNodes([x])).toEqual([]);
  });

  it("adds no node for an operation that changes nothing", () => {
    const { graph, x, vector } = values();
    const unchanged = [
      reshape(x, [2, 3, 4]),
      transpose(x, [0, 1, 2]),
      transpose(transpose(x)),
      expand(x, [2, 3, 4]),
      concat([x], 1),
      split(x, [4], -1)[0],
      slice(x, 0, 4, 2),
      pad(x, [0, 0, 0], [0, 0, 0]),
      reduceSum(x, []),
      reshape(reshape(x, [24]), [2, 3, 4]),
    ];
    for (const value of unchanged) expect(value).toBe(x);
    expect(graph.nodes.map((node) => node.operator.type)).toEqual(["Transpose", "Reshape"]);
    expect(reduceSum(reduceSum(vector)).shape).toEqual([]);
  });

  it("cuts a value into many parts by Splits of at most seven", () => {
    const graph = new Graph();
    const x = graph.input("x", [2, 60]);
    const parts = split(x, Array(60).fill(1), 1);
    vectorJacobianProduct([concat(parts, 1)], [x], [x]);
    const splits = graph.nodes.filter((node) => node.operator.type === "Split");
    expect(parts.map(({ shape }) => shape)).toEqual(Array(60).fill([2, 1]));
    expect(Math.max(...splits.map((node) => node.outputs.length))).toBe(7);
  });

  it("knows the shapes of batch normalisation's statistics", () => {
    const { graph, image } = values();
    const [scale, bias] = [graph.parameter("scale", [3]), graph.parameter("bias", [3])];
    const { output, mean, variance, unbiasedVariance } = batchNormTrain(image, scale, bias, 1e-5);
    expect(output.shape).toEqual([1, 3, 8, 8]);
    for (const statistic of [mean, variance, unbiasedVariance]) expect(statistic.shape).toEqual([3]);
  });
});
