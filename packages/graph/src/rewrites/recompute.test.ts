import { describe, expect, it } from "vitest";
import {
  add,
  Graph,
  gelu,
  gradient,
  layerNorm,
  linear,
  matmul,
  type Node,
  reachableNodes,
  softmax,
  sumOfSquares,
  transpose,
  type Value,
} from "../index.ts";
import { evaluate } from "../testing/interpreter.ts";
import { tensor64 } from "../testing/tensor64.ts";

const sizes = { tokens: 5, dim: 4 };

/** Attention and a layer after it, two times: something with long chains, reads by many, and weights. */
function network(graph: Graph): Value {
  const { tokens, dim } = sizes;
  let x = graph.input("x", [2, tokens, dim]);
  for (let i = 0; i < 2; i++) {
    const vector = (name: string) => graph.parameter(`${name}${i}`, [dim]);
    const matrix = (name: string) => graph.parameter(`${name}${i}`, [dim, dim]);
    const n = layerNorm(x, vector("scale"), vector("shift"), 1e-5);
    const key = linear(n, matrix("key"), vector("keyBias"));
    x = add(x, matmul(softmax(matmul(linear(n, matrix("query")), transpose(key))), n));
    x = add(x, gelu(linear(x, matrix("weight"), vector("bias"))));
  }
  return sumOfSquares(x);
}

function gradients(recomputed?: (node: Node) => boolean) {
  const graph = new Graph();
  const loss = network(graph);
  const forward = new Set(graph.nodes);
  const parameters = [...graph.parameters.values()];
  const found = gradient(loss, parameters, recomputed && { recomputed });
  return { graph, forward, parameters, found };
}

function numbers({ graph, found }: ReturnType<typeof gradients>): number[][] {
  const values = [...graph.inputs.values(), ...graph.parameters.values()];
  let count = 0;
  const feeds = new Map(values.map(({ name, shape }) => [name, tensor64(shape, () => Math.sin(++count))]));
  const results = evaluate(Object.fromEntries(found.map((value, i) => [String(i), value])), feeds);
  return found.map((_, i) => Array.from(results[String(i)]!.data));
}

describe("gradient with recomputed nodes", () => {
  const plain = gradients();
  const rules: Record<string, (node: Node) => boolean> = {
    everything: () => true,
    "norms, softmax and activations": ({ operator: { type } }) =>
      ["LayerNormalization", "Softmax", "Gelu"].includes(type),
    products: ({ operator: { type } }) => type === "MatMul",
  };

  it.each(Object.keys(rules))("gives the same numbers: %s", (name) => {
    expect(numbers(gradients(rules[name]))).toEqual(numbers(plain));
  });

  it.each(Object.keys(rules))(
    "reads nothing of the forward pass that it was to compute again: %s",
    (name) => {
      const { forward, found } = gradients(rules[name]);
      const isActivation = activations(forward);
      for (const node of reachableNodes(found)) {
        if (forward.has(node)) continue;
        for (const { node: maker } of node.inputs) {
          if (!maker || !forward.has(maker) || !isActivation(maker)) continue;
          expect(rules[name]!(maker) && maker.operator.type !== "Reshape", maker.name).toBe(false);
        }
      }
    },
  );

  it("computes nothing again before its gradient has come so far", () => {
    const { forward, found } = gradients(rules.everything);
    const again = reachableNodes(found).filter(
      (node) => !forward.has(node) && node.operator.type === "LayerNormalization",
    );
    expect(again.length).toBe(2);
    for (const node of again) {
      // A comparison, which nothing else here has, reads the gradient that is waited for.
      expect(reachableNodes(node.outputs).some(({ operator }) => operator.type === "Less")).toBe(true);
    }
  });

  it("turns no weight again", () => {
    const turned = ({ found }: ReturnType<typeof gradients>) =>
      reachableNodes(found).filter(
        ({ operator, inputs }) => operator.type === "Transpose" && inputs[0]!.kind === "parameter",
      );
    expect(turned(gradients(rules.everything)).length).toBe(turned(plain).length);
  });
});

/** Tells nodes that change from run to run. */
function activations(forward: ReadonlySet<Node>): (node: Node) => boolean {
  const found = new Set<Node>();
  for (const node of forward) {
    if (node.inputs.some((input) => input.kind === "input" || (input.node && found.has(input.node)))) {
      found.add(node);
    }
  }
  return (node) => found.has(node);
}
