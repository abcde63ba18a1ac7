import { describe, expect, it } from "vitest";
import {
  add,
  conv2d,
  cost,
  Graph,
  gelu,
  layerNorm,
  linear,
  matmul,
  softmax,
  transpose,
  vectorJacobianProduct,
} from "./index.ts";

describe("cost", () => {
  it("counts a linear layer: rows x inputs x outputs, weight and bias", () => {
    const graph = new Graph();
    const y = linear(graph.input("x", [2, 5, 6]), graph.parameter("w", [4, 6]), graph.parameter("b", [4]));
    // 2 * 5 rows, 6 products for each of 4 outputs; 4 * 6 + 4 elements of 4 bytes.
    expect(cost([y])).toEqual({ macs: 10 * 6 * 4, parameters: 28, parameterBytes: 112 });
  });

  it("counts attention's two products, broadcast batches included, and nothing elementwise", () => {
    const graph = new Graph();
    const [q, k, v] = ["q", "k", "v"].map((name) => graph.input(name, [3, 7, 5]));
    const mixed = matmul(softmax(matmul(q!, transpose(k!))), v!);
    expect(cost([gelu(mixed)]).macs).toBe(3 * 7 * 7 * 5 + 3 * 7 * 5 * 7);
    const broadcast = matmul(graph.input("a", [2, 1, 4, 3]), graph.input("b", [6, 3, 8]));
    expect(cost([broadcast]).macs).toBe(2 * 6 * 4 * 3 * 8);
  });

  it("counts a convolution and its gradients", () => {
    const graph = new Graph();
    const [x, weight] = [graph.input("x", [2, 3, 8, 8]), graph.parameter("w", [16, 3, 3, 3])];
    const y = conv2d(x, weight, graph.parameter("b", [16]), { stride: 2, padding: 1 });
    // [2, 16, 4, 4]: 512 elements of 27 products each.
    expect(cost([y])).toEqual({ macs: 512 * 27, parameters: 448, parameterBytes: 1792 });
    const [dx, dw] = vectorJacobianProduct([y], [graph.input("dy", y.shape)], [x, weight]);
    expect(cost([dx!]).macs).toBe(512 * 27);
    // The weight's gradient takes each of 16 * 3 * 3 * 3 sums over 2 * 4 * 4 places, and one row and column more, as
    // the last stride leaves a pixel of the padding over.
    expect(cost([dw!]).macs).toBe(16 * 3 * 4 * 4 * 2 * 4 * 4);
  });

  it("counts a parameter once, only where an output needs it, at its own width", () => {
    const graph = new Graph();
    const shared = graph.parameter("shared", [6, 6]);
    const half = graph.parameter("half", [5], { dtype: "float16" });
    graph.parameter("unread", [100]);
    const x = graph.input("x", [1, 6]);
    const norm = layerNorm(x, graph.parameter("scale", [6]), graph.parameter("bias", [6]), 1e-6);
    const y = add(linear(linear(norm, shared), shared), shared);
    expect(cost([y, half])).toEqual({
      macs: 2 * 36,
      parameters: 36 + 12 + 5,
      parameterBytes: 48 * 4 + 10,
    });
    expect(cost([])).toEqual({ macs: 0, parameters: 0, parameterBytes: 0 });
  });
});
