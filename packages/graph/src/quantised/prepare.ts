import { reachableNodes, type Value } from "../graph.ts";
import type { ConcreteDevice } from "../session/runtime.ts";
import { Session } from "../session/session.ts";
import type { StoredTensor, Weights } from "../session/weights.ts";
import { sizeOf } from "../shape.ts";
import type { QuantisedGraph } from "./rewrite.ts";

/** Numbers that are made at a time: more would stand in memory in single precision, fewer would take more sessions. */
const numbersAtOnce = 2 ** 24;

type Values = Readonly<Record<string, Value>>;

/**
 * Weights for quantised graphs, of whatever batch size, over one set of weights. Each layer's are computed once, a few layers
 * at a time by sessions that are gone afterwards.
 */
export class PreparedWeights {
  readonly #weights: Weights;
  readonly #device: ConcreteDevice;
  readonly #made = new Map<string, StoredTensor>();
  #queue: Promise<unknown> = Promise.resolve();

  /** `device` computes on a CPU: it is the one that the graphs are for. */
  constructor(weights: Weights, device: ConcreteDevice) {
    this.#weights = weights;
    this.#device = device;
  }

  /** Everything that a graph reads: its quantised layers' weights, and the others as they were. Throws as sessions do. */
  of({ outputs, prepared }: QuantisedGraph): Promise<Weights> {
    const read = this.#queue.then(async () => {
      for (const group of groups([...prepared.values()].filter((layer) => !this.#has(layer)))) {
        await this.#make(group);
      }
      const wanted = reachableNodes(Object.values(outputs)).flatMap(({ inputs }) => inputs);
      const all = new Map([...this.#weights, ...this.#made]);
      return new Map(wanted.filter(({ name }) => all.has(name)).map(({ name }) => [name, all.get(name)!]));
    });
    this.#queue = read.catch(() => undefined);
    return read;
  }

  #has(layer: Values): boolean {
    return Object.keys(layer).every((name) => this.#made.has(name));
  }

  async #make(values: Values): Promise<void> {
    const session = await Session.create(values, {
      device: this.#device,
      threads: 1,
      weights: this.#weights,
      memoryPattern: false,
      packedWeights: false, // nothing to be computed ahead: it runs once
    });
    try {
      for (const [name, tensor] of Object.entries(await session.compute({}))) this.#made.set(name, tensor);
    } finally {
      await session.dispose();
    }
  }
}

/** Layers that are made together. */
function groups(layers: readonly Values[]): Values[] {
  const made: Record<string, Value>[] = [];
  let numbers = Number.POSITIVE_INFINITY;
  for (const layer of layers) {
    const more = Object.values(layer).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    if (numbers + more > numbersAtOnce) {
      made.push({});
      numbers = 0;
    }
    Object.assign(made.at(-1)!, layer);
    numbers += more;
  }
  return made;
}
