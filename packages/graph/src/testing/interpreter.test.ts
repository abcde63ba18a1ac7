import { describe, expect, it } from "vitest";
import type { Attributes } from "../graph.ts";
import { Graph, type Operator, type Value } from "../graph.ts";
import { Session } from "../session/session.ts";
import { float32 } from "../tensor.ts";
import { fill, leaf, uniforms } from "./cases/case.ts";
import { relativeDifference } from "./check.ts";
import { evaluate } from "./interpreter.ts";
import { erf } from "./kernels/erf.ts";

/** A node written by hand: what the package's own operators never write must be right too. */
function node(
  x: Value,
  type: string,
  shape: number[],
  more: readonly Value[],
  attributes: Attributes,
): Value {
  const operator: Operator = { type, infer: () => [{ dtype: x.dtype, shape }] };
  return x.graph.apply(operator, [x, ...more], attributes)[0]!;
}

type Build = (x: Value) => Value;
const ints = (x: Value, ...values: number[]) => x.graph.integers(values);
/** A constant of random numbers. */
const random = (x: Value, shape: number[]) =>
  x.graph.constant(float32(Float32Array.from(fill(leaf(shape), uniforms(shape.length)).data), shape));

// Each on an x of [2, 3, 4, 5].
const handwritten: [string, Build][] = [
  [
    "Slice backwards, from the end",
    (x) => node(x, "Slice", [2, 3, 4, 2], [ints(x, -1), ints(x, -5), ints(x, -1), ints(x, -2)], {}),
  ],
  [
    "Slice past the end, over two axes",
    (x) => node(x, "Slice", [1, 2, 4, 5], [ints(x, 1, 1), ints(x, 99, 3)], {}),
  ],
  ["Reshape with 0 and -1", (x) => node(x, "Reshape", [2, 60], [ints(x, 0, -1)], {})],
  ["Transpose without permutation", (x) => node(x, "Transpose", [5, 4, 3, 2], [], {})],
  ["Softmax over axis 1", (x) => node(x, "Softmax", [2, 3, 4, 5], [], { axis: 1 })],
  ["ReduceMean of everything by default", (x) => node(x, "ReduceMean", [1, 1, 1, 1], [], {})],
  [
    "ReduceSum of nothing when told so",
    (x) => node(x, "ReduceSum", [2, 3, 4, 5], [], { noop_with_empty_axes: 1 }),
  ],
  [
    "LayerNormalization over two axes",
    (x) => node(x, "LayerNormalization", [2, 3, 4, 5], [random(x, [4, 5])], { axis: 2 }),
  ],
  [
    "Pad with another number",
    (x) => node(x, "Pad", [2, 3, 5, 7], [ints(x, 0, 0, 1, 0, 0, 0, 0, 2), x.graph.scalar(7)], {}),
  ],
  [
    "Conv, unequal in all",
    (x) =>
      node(x, "Conv", [2, 2, 3, 3], [random(x, [2, 3, 2, 3]), random(x, [2])], {
        strides: [2, 1],
        pads: [1, 0, 2, 2],
        dilations: [2, 2],
      }),
  ],
  [
    "ConvTranspose, unequal in all",
    (x) =>
      node(x, "ConvTranspose", [2, 2, 10, 8], [random(x, [3, 2, 2, 3]), random(x, [2])], {
        strides: [2, 1],
        pads: [0, 1, 1, 0],
        dilations: [3, 2],
        output_padding: [1, 0],
      }),
  ],
  ["Identity", (x) => node(x, "Identity", [2, 3, 4, 5], [], {})],
];

describe("the reference interpreter", () => {
  it.each(handwritten)("%s is as ONNX Runtime has it", async (_name, build) => {
    const graph = new Graph();
    const y = build(graph.input("x", [2, 3, 4, 5]));
    const x = fill(leaf([2, 3, 4, 5]), uniforms(1));
    const expected = evaluate({ y }, new Map([["x", x]])).y!;
    const session = await Session.create({ y }, { device: "cpu", threads: 1 });
    const actual = (await session.compute({ x: float32(Float32Array.from(x.data), x.shape) })).y!;
    await session.dispose();
    expect(actual.shape).toEqual(expected.shape);
    expect(relativeDifference(actual as { data: Float32Array }, expected)).toBeLessThan(1e-6);
  });

  it("has the C library's error function", () => {
    // glibc's erf, as Python's math.erf prints it.
    const recorded = [
      [0, 0],
      [0.01, 0.011283415555849616],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [4.5, 0.9999999998033839],
      [7, 1],
    ];
    for (const [x, y] of recorded) {
      expect(erf(x!)).toBeCloseTo(y!, 14);
      expect(erf(-x!)).toBeCloseTo(-y!, 14);
    }
  });

  it("says which value is missing, misshapen, or of an operator it does not know", () => {
    const x = new Graph().input("x", [2]);
    expect(() => evaluate({ x }, new Map())).toThrow("x has no value");
    const wrong = { shape: [3], data: new Float64Array(3) };
    expect(() => evaluate({ x }, new Map([["x", wrong]]))).toThrow("x is [3], the graph says [2]");
    const unknown = node(x, "Floor", [2], [], {});
    const feeds = new Map([["x", { shape: [2], data: new Float64Array(2) }]]);
    expect(() => evaluate({ unknown }, feeds)).toThrow("no operator Floor");
  });
});
