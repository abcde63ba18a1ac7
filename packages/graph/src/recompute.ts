import type { Node, Value } from "./graph.ts";
import { less, where } from "./ops/elementwise.ts";
import { reshape, slice } from "./ops/layout.ts";
import { sizeOf } from "./shape.ts";

/** Says of a forward node whether gradients compute it again instead of keeping its outputs until they need them. */
export type Recomputed = (node: Node) => boolean;

/** Forward values as gradients are to read them: kept, or computed again from what is kept. */
export class Recomputation {
  readonly #recomputed: Recomputed;
  readonly #activations: ReadonlySet<Value>;
  readonly #copies = new Map<Node, readonly Value[]>();

  /** `activations`: the values that change from run to run; others, such as a weight's transpose, are not computed again. */
  constructor(recomputed: Recomputed, activations: ReadonlySet<Value>) {
    this.#recomputed = recomputed;
    this.#activations = activations;
  }

  /** `value`, or its copy, which is not computed before `after` is there. */
  again(value: Value, after: Value): Value {
    const { node } = value;
    if (!node || !this.#activations.has(value) || !this.#recomputed(node)) return value;
    let copies = this.#copies.get(node);
    if (!copies) {
      copies = value.graph.apply(node.operator, this.#inputs(node, after), node.attributes);
      this.#copies.set(node, copies);
    }
    return copies[node.outputs.indexOf(value)]!;
  }

  #inputs(node: Node, after: Value): Value[] {
    const inputs = node.inputs.map((input) => this.again(input, after));
    const waits = inputs.some((input, i) => input !== node.inputs[i]);
    // A reshape takes no memory of its own.
    if (waits || node.operator.type === "Reshape") return inputs;
    const floats = inputs.filter(({ dtype }) => dtype.startsWith("float"));
    const smallest = floats.reduce((a, b) => (sizeOf(b.shape) < sizeOf(a.shape) ? b : a));
    return inputs.map((input) => (input === smallest ? late(input, after) : input));
  }
}

/**
 * `value`, unchanged, but not before `after` is there: an engine runs a node as soon as it likes once its inputs exist,
 * and would take equal nodes for one.
 */
function late(value: Value, after: Value): Value {
  const one = slice(reshape(after, [sizeOf(after.shape)]), 0, 1, 0);
  const never = less(one, one); // false even where `one` is not a number
  return reshape(where(never, 0, value), value.shape);
}
