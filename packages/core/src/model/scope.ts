import type { Graph, Shape, Value } from "@lorat/graph";

/** A place in the state dict: parameters asked of it carry its prefix. */
export interface ParameterScope {
  readonly graph: Graph;
  readonly path: string;
  /** The parameter `path.name`. */
  parameter(name: string, shape: Shape): Value;
  /** The place `path.name`. */
  child(name: string | number): ParameterScope;
}

/** The root of a graph's state dict. */
export function parameterScope(graph: Graph, path = ""): ParameterScope {
  const join = (name: string | number) => (path === "" ? String(name) : `${path}.${name}`);
  return {
    graph,
    path,
    parameter: (name, shape) => graph.parameter(join(name), shape),
    child: (name) => parameterScope(graph, join(name)),
  };
}
