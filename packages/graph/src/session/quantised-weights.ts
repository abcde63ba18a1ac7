import { Graph, reachableNodes, type Value } from "../graph.ts";
import { matmulInteger } from "../ops/quantised.ts";
import { maximumLevel, type QuantisedGraph, type WeightLevels, zeroLevel } from "../rewrites/quantise.ts";
import { sizeOf } from "../shape.ts";
import type { ConcreteDevice } from "./runtime.ts";
import { Session } from "./session.ts";
import type { StoredTensor, Weights } from "./weights.ts";

/** Numbers that one session makes. More would take more memory in single precision, fewer would take more sessions. */
const numbersAtOnce = 2 ** 24;

type Values = Readonly<Record<string, Value>>;

/**
 * Computes the weights of quantised graphs over one set of weights, whatever their batch size. Each layer is computed once,
 * a few layers in one session.
 */
export class PreparedWeights {
  readonly #weights: Weights;
  readonly #device: ConcreteDevice;
  readonly #made = new Map<string, StoredTensor>();
  #queue: Promise<unknown> = Promise.resolve();

  /** `device` is the graphs' own: a CPU. */
  constructor(weights: Weights, device: ConcreteDevice) {
    this.#weights = weights;
    this.#device = device;
  }

  /** Gives every weight that a graph reads: prepared ones for its quantised layers, the others unchanged. Throws as sessions do. */
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
      purpose: "once",
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

const chosen = new Map<ConcreteDevice, Promise<WeightLevels>>();

/**
 * The levels that a device multiplies correctly, the faster ones if it does both. int8 weights are twice as fast where a
 * processor has dot products of 8 bits; without them ONNX Runtime adds two products in 16 bits, which overflow silently.
 */
export function weightLevelsFor(device: ConcreteDevice): Promise<WeightLevels> {
  const known = chosen.get(device) ?? overflows(device).then((does) => (does ? "uint8" : "int8"));
  chosen.set(device, known);
  return known;
}

/** Whether a product of the largest levels comes out wrong. */
async function overflows(device: ConcreteDevice): Promise<boolean> {
  const [rows, inner, columns] = [8, 64, 32];
  const graph = new Graph();
  const zero = graph.constant({ dtype: "uint8", shape: [], data: Uint8Array.of(0) });
  const data = new Int8Array(inner * columns).fill(maximumLevel);
  const weight = graph.constant({ dtype: "int8", shape: [inner, columns], data });
  const levels = graph.input("levels", [rows, inner], "uint8");
  const y = matmulInteger({ levels, zero }, { levels: weight, zero: zeroLevel(graph, "int8") });
  const session = await Session.create({ y }, { device, threads: 1 });
  try {
    const fed = {
      dtype: "uint8",
      shape: [rows, inner],
      data: new Uint8Array(rows * inner).fill(255),
    } as const;
    const result = await session.compute({ levels: fed });
    return result.y!.data.some((sum: number | bigint) => Number(sum) !== inner * 255 * maximumLevel);
  } finally {
    await session.dispose();
  }
}
