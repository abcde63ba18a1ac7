import { Graph, type Node, reachableNodes, type Value } from "../graph.ts";

/** Gives the value of the new graph that stands for one of the old. A node's outputs exist only after it was rewritten. */
export type Move = (value: Value) => Value;

/** Gives the values that replace a node's outputs, or undefined to keep it. `inputs` are the node's, in the new graph. */
export type Rule = (node: Node, inputs: readonly Value[], move: Move) => readonly Value[] | undefined;

/**
 * Builds the same outputs in a new graph, each node replaced as `rule` says. Inputs, parameters and scopes keep their names.
 */
export function rewrite(outputs: Readonly<Record<string, Value>>, rule: Rule): Record<string, Value> {
  const graph = new Graph();
  const moved = new Map<Value, Value>();
  const move: Move = (value) => {
    const copy = moved.get(value) ?? source(graph, value);
    moved.set(value, copy);
    return copy;
  };
  for (const node of reachableNodes(Object.values(outputs))) {
    const inputs = node.inputs.map(move);
    const replaced = graph.scope(
      scopeOf(node),
      () => rule(node, inputs, move) ?? graph.apply(node.operator, inputs, node.attributes),
    );
    node.outputs.forEach((output, i) => {
      moved.set(output, replaced[i]!);
    });
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, move(value)]));
}

/** The scope in which a node was built. */
function scopeOf({ name }: Node): string {
  return name.slice(0, Math.max(name.lastIndexOf("/"), 0));
}

/** An input, parameter or constant in the new graph. */
function source(graph: Graph, { kind, name, shape, dtype, tensor, role }: Value): Value {
  if (kind === "constant") return graph.constant(tensor!);
  return kind === "input" ? graph.input(name, shape, dtype) : graph.parameter(name, shape, { dtype, role });
}
