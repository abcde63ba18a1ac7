import type { Node, Value } from "../graph.ts";
import { less, where } from "../ops/elementwise.ts";
import { reshape, slice } from "../ops/layout.ts";
import { operators } from "../ops/operators.ts";
import { sizeOf } from "../shape.ts";

/** Whether gradients compute an output of a forward node again, instead of keeping it until they need it. */
export type Recomputed = (node: Node, output: number) => boolean;

/** Gives gradients the forward values that they read: stored ones, or ones computed again from stored ones. */
export class Recomputation {
  readonly #recomputed: Recomputed;
  readonly #activations: ReadonlySet<Value>;
  readonly #copies = new Map<Node, readonly Value[]>();

  /** `activations` change from run to run; other values, such as a weight's transpose, are not computed again. */
  constructor(recomputed: Recomputed, activations: ReadonlySet<Value>) {
    this.#recomputed = recomputed;
    this.#activations = activations;
  }

  /** `value`, or a copy of it that is not computed before `after`. */
  again(value: Value, after: Value): Value {
    const { node } = value;
    if (!node || !this.#activations.has(value)) return value;
    const output = node.outputs.indexOf(value);
    if (!this.#recomputed(node, output)) return value;
    let copies = this.#copies.get(node);
    if (!copies) {
      copies = value.graph.apply(node.operator, this.#inputs(node, after), node.attributes);
      this.#copies.set(node, copies);
    }
    return copies[output]!;
  }

  #inputs(node: Node, after: Value): Value[] {
    const inputs = node.inputs.map((input) => this.again(input, after));
    const waits = inputs.some((input, i) => input !== node.inputs[i]);
    // A reshape takes no memory of its own.
    if (waits || node.operator === operators.reshape) return inputs;
    const floats = inputs.filter(({ dtype }) => dtype.startsWith("float"));
    const smallest = floats.reduce((a, b) => (sizeOf(b.shape) < sizeOf(a.shape) ? b : a));
    return inputs.map((input) => (input === smallest ? late(input, after) : input));
  }
}

/**
 * Gives `value` unchanged, but only after `after` was computed. An engine runs a node as soon as its inputs exist, and merges
 * nodes that are equal.
 */
function late(value: Value, after: Value): Value {
  const one = slice(reshape(after, [sizeOf(after.shape)]), 0, 1, 0);
  const never = less(one, one); // false even where `one` is not a number
  return reshape(where(never, 0, value), value.shape);
}
