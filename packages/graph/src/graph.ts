import { LoratError } from "./errors.ts";
import { type Shape, sizeOf } from "./shape.ts";
import { bytesOf, type DType, float32, int64, scalar, type Tensor } from "./tensor.ts";

/** Where a value comes from. */
export type ValueKind = "input" | "parameter" | "constant" | "node";

/** What a parameter is to the model that declares it. A graph carries it along and does not read it. */
export interface Role {
  readonly kind: string;
}

/** One tensor of a graph: a name, an element type and a fixed shape. */
export interface Value {
  readonly graph: Graph;
  readonly kind: ValueKind;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The node that computes it, for kind "node". */
  readonly node?: Node;
  /** The data, for kind "constant". */
  readonly tensor?: Tensor;
  /** For kind "parameter": its role, as the model declares it. */
  readonly role?: Role;
}

export type Attribute = number | string | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

/** Element type and shape of an operator's output. */
export interface OutputSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** What an operator's gradient is built from. */
export interface GradientContext {
  /** The node's inputs and outputs as the gradient may read them: those of the forward pass, or computed again. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** Gradient of each output; undefined where nothing depends on it. */
  readonly gradients: readonly (Value | undefined)[];
  /** Whether the gradient of each input is wanted. */
  readonly wanted: readonly boolean[];
}

/**
 * An operator: how its outputs' shapes follow from its inputs, and how its gradient is built out of other operators. How it
 * is written to ONNX follows from its type, inputs and attributes, or from {@link Operator.lower}. Passes over graphs tell
 * operators apart by identity: two may have one type.
 */
export interface Operator {
  readonly type: string;
  infer(inputs: readonly Value[], attributes: Attributes): OutputSpec[];
  /** Gradient of each input; absent when the operator has none (comparisons, casts to integers). */
  gradient?(context: GradientContext): (Value | undefined)[];
  /** Its outputs by standard operators, for one that ONNX does not have. */
  lower?(inputs: readonly Value[], attributes: Attributes): readonly Value[];
  /** Outputs after the first are left out of the file where nothing reads them. */
  readonly optionalOutputs?: boolean;
  /** Multiply-accumulates of one run; absent when it is not counted (see `cost`). */
  macs?(inputs: readonly Value[], outputs: readonly Value[], attributes: Attributes): number;
}

/** One operator applied. */
export interface Node {
  readonly operator: Operator;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

/** Constants larger than this are not searched for an equal one. */
const sharedConstantBytes = 256;

/**
 * A graph of operators, built value by value. Shapes are checked as it grows; nothing is computed.
 * `parameter` values are weights: they get their data, or become inputs, when the graph is serialised or run.
 */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Value>();
  readonly parameters = new Map<string, Value>();
  readonly #constants = new Map<string, Value>();
  readonly #applied = new Map<string, readonly Value[]>();
  readonly #names = new Map<string, number>();
  #scope: string[] = [];

  /** A tensor fed at every run. Throws `GRAPH_NAME` when the name is taken. */
  input(name: string, shape: Shape, dtype: DType = "float32"): Value {
    return this.#named(this.inputs, { graph: this, kind: "input", name, dtype, shape });
  }

  /**
   * A weight, known by its name in the state dict; default: float32. Asking again with the same shape gives the same value,
   * with the role of the first time. Throws `GRAPH_NAME` for another shape or type, or a name that an input has.
   */
  parameter(
    name: string,
    shape: Shape,
    { dtype = "float32", role }: { readonly dtype?: DType; readonly role?: Role } = {},
  ): Value {
    const known = this.parameters.get(name);
    if (known) {
      if (known.dtype === dtype && `${known.shape}` === `${shape}`) return known;
      throw new LoratError(
        "GRAPH_NAME",
        `the parameter ${name} is ${known.dtype} [${known.shape}], asked again as ${dtype} [${shape}]`,
      );
    }
    return this.#named(this.parameters, { graph: this, kind: "parameter", name, dtype, shape, role });
  }

  /** Data that is part of the graph; equal small constants are one value. */
  constant(tensor: Tensor): Value {
    const bytes = bytesOf(tensor);
    const key =
      bytes.byteLength <= sharedConstantBytes
        ? `${tensor.dtype}[${tensor.shape}]${Array.from(bytes)}`
        : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known) return known;
    const name = this.#unique("constant");
    const value: Value = {
      graph: this,
      kind: "constant",
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      tensor,
    };
    if (key !== undefined) this.#constants.set(key, value);
    return value;
  }

  /** A float32 scalar constant. */
  scalar(value: number): Value {
    return this.constant(scalar(value));
  }

  /** A one-dimensional int64 constant: the form in which ONNX takes shapes, axes and sizes. */
  integers(values: readonly number[]): Value {
    return this.constant(int64(values));
  }

  /** A float32 constant of one repeated number. */
  filled(value: number, shape: Shape): Value {
    return this.constant(float32(new Float32Array(sizeOf(shape)).fill(value), shape));
  }

  /**
   * Applies an operator; all its outputs. The same operator on the same values gives the values of the first time.
   * Throws what its shape rule throws, `GRAPH_MIXED` across graphs.
   */
  apply(operator: Operator, inputs: readonly Value[], attributes: Attributes = {}): readonly Value[] {
    for (const input of inputs) {
      if (input.graph !== this) {
        throw new LoratError(
          "GRAPH_MIXED",
          `${operator.type} was given ${input.name}, a value of another graph`,
        );
      }
    }
    const key = JSON.stringify([identityOf(operator), inputs.map(({ name }) => name), attributes]);
    const known = this.#applied.get(key);
    if (known) return known;
    const name = this.#unique([...this.#scope, operator.type].join("/"));
    const outputs: Value[] = [];
    const node: Node = { operator, name, inputs, attributes, outputs };
    operator.infer(inputs, attributes).forEach((spec, i) => {
      const outputName = i === 0 ? `${name}:0` : `${name}:${i}`;
      outputs.push({
        graph: this,
        kind: "node",
        name: outputName,
        dtype: spec.dtype,
        shape: spec.shape,
        node,
      });
    });
    this.nodes.push(node);
    this.#applied.set(key, outputs);
    return outputs;
  }

  /** Names of nodes built inside `build` start with `name/`. */
  scope<T>(name: string, build: () => T): T {
    if (name === "") return build();
    this.#scope.push(name);
    try {
      return build();
    } finally {
      this.#scope.pop();
    }
  }

  #named(table: Map<string, Value>, value: Value): Value {
    if (this.inputs.has(value.name) || this.parameters.has(value.name)) {
      throw new LoratError("GRAPH_NAME", `the graph already has an input or parameter named ${value.name}`);
    }
    table.set(value.name, value);
    return value;
  }

  #unique(stem: string): string {
    const count = this.#names.get(stem) ?? 0;
    this.#names.set(stem, count + 1);
    return `${stem}#${count}`;
  }
}

const identities = new WeakMap<Operator, number>();
let operatorCount = 0;

/** A number of its own for every operator: two may share a type. */
function identityOf(operator: Operator): number {
  const identity = identities.get(operator) ?? operatorCount++;
  identities.set(operator, identity);
  return identity;
}

/** The nodes that `outputs` need, each after those it depends on. */
export function reachableNodes(outputs: Iterable<Value>): Node[] {
  const wanted = new Set<Node>();
  const stack: Node[] = [];
  let graph: Graph | undefined;
  for (const output of outputs) {
    graph = output.graph;
    if (output.node && !wanted.has(output.node)) {
      wanted.add(output.node);
      stack.push(output.node);
    }
  }
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const input of node.inputs) {
      if (input.node && !wanted.has(input.node)) {
        wanted.add(input.node);
        stack.push(input.node);
      }
    }
  }
  // A graph's nodes are in order of creation, which is an order of dependence.
  return graph ? graph.nodes.filter((node) => wanted.has(node)) : [];
}
