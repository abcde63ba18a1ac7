import {
  add,
  asyncDisposeSymbol,
  type ConcreteDevice,
  DeviceTensor,
  float32,
  Graph,
  Session,
  sizeOf,
  type Tensor,
  type Value,
} from "@lorat/graph";
import { optimizerNames as names } from "../graph-names.ts";

/** Gradients by the names of the training step's outputs. */
export type Gradients = Readonly<Record<string, Tensor | DeviceTensor>>;

/**
 * The running sum of gradients over the passes of one update. It stays where the gradients are: on the device, or on the
 * CPU in memory that is taken once and written in place from then on.
 */
export class GradientSum {
  readonly #names: readonly string[];
  readonly #session: Session | undefined;
  /** Where passes write on the CPU: the first of an update into the sum itself, later ones into `passMemory`. */
  readonly #sumMemory: Record<string, Tensor> | undefined;
  readonly #passMemory: Record<string, Tensor> | undefined;
  #sum: Gradients | undefined;

  private constructor(
    names: readonly string[],
    session: Session | undefined,
    sumMemory: Record<string, Tensor> | undefined,
    passMemory: Record<string, Tensor> | undefined,
  ) {
    this.#names = names;
    this.#session = session;
    this.#sumMemory = sumMemory;
    this.#passMemory = passMemory;
  }

  /** Prepares sums over `passes` passes of the gradients of `trainable`. */
  static async create(
    trainable: readonly Value[],
    passes: number,
    device: ConcreteDevice,
  ): Promise<GradientSum> {
    const gradients = trainable.map(({ name }) => names.gradient(name));
    const memory = () =>
      Object.fromEntries(
        trainable.map(({ name, shape }) => [
          names.gradient(name),
          float32(new Float32Array(sizeOf(shape)), shape),
        ]),
      );
    const onHost = device === "cpu";
    const session = passes > 1 ? await sumSession(trainable, device) : undefined;
    return new GradientSum(
      gradients,
      session,
      onHost ? memory() : undefined,
      onHost && passes > 1 ? memory() : undefined,
    );
  }

  /** Memory that the next pass should write its gradients into; undefined where the device gives its own. */
  get memory(): Readonly<Record<string, Tensor>> | undefined {
    return this.#sum ? this.#passMemory : this.#sumMemory;
  }

  /** The sum so far; undefined at the start of an update. */
  get sum(): Gradients | undefined {
    return this.#sum;
  }

  /** Adds the gradients of one pass, which are taken over. */
  async add(results: Gradients): Promise<void> {
    const pass = Object.fromEntries(this.#names.map((name) => [name, results[name]!]));
    if (!this.#sum) {
      this.#sum = pass;
      return;
    }
    const feeds: Record<string, Tensor | DeviceTensor> = { ...pass };
    for (const name of this.#names) feeds[`sum/${name}`] = this.#sum[name]!;
    const into = this.#sumMemory && prefixed(this.#sumMemory, "next/");
    const next = await this.#session!.run(feeds, into);
    const before = this.#sum;
    this.#sum = Object.fromEntries(this.#names.map((name) => [name, next[`next/${name}`]!]));
    release(pass);
    release(before);
  }

  /** Starts the next update. */
  clear(): void {
    if (this.#sum) release(this.#sum);
    this.#sum = undefined;
  }

  async dispose(): Promise<void> {
    this.clear();
    await this.#session?.dispose();
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.dispose();
  }
}

function sumSession(trainable: readonly Value[], device: ConcreteDevice): Promise<Session> {
  const graph = new Graph();
  const outputs: Record<string, Value> = {};
  for (const { name, shape } of trainable) {
    const gradient = names.gradient(name);
    outputs[`next/${gradient}`] = add(graph.input(`sum/${gradient}`, shape), graph.input(gradient, shape));
  }
  return Session.create(outputs, { device, keepOnDevice: Object.keys(outputs), purpose: "training" });
}

function prefixed(tensors: Readonly<Record<string, Tensor>>, prefix: string): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}${name}`, tensor]));
}

/** Frees what lies on a device; memory of JavaScript is left to it. */
export function release(tensors: Readonly<Record<string, Tensor | DeviceTensor | undefined>>): void {
  for (const tensor of Object.values(tensors)) if (tensor instanceof DeviceTensor) tensor.dispose();
}
