import {
  add,
  asyncDisposeSymbol,
  type ConcreteDevice,
  DeviceTensor,
  float32,
  Graph,
  readBack,
  Session,
  sizeOf,
  type Tensor,
  type Value,
} from "@lorat/graph";
import { optimizerNames as names } from "../graph-names.ts";

/** Gradients by the names of the training step's outputs. */
export type Gradients = Readonly<Record<string, Tensor | DeviceTensor>>;

/** Memory of gradients, one behind the other in `whole`. */
interface GradientMemory {
  readonly whole: Float32Array;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/**
 * The running sum of gradients over the passes of one update. It stays where the gradients are: on the device, or on the
 * CPU in memory that is taken once and written in place from then on.
 */
export class GradientSum {
  readonly #names: readonly string[];
  readonly #session: Session | undefined;
  /** Where passes write on the CPU: the first of an update into the sum itself, later ones into `passMemory`. */
  readonly #sumMemory: GradientMemory | undefined;
  readonly #passMemory: GradientMemory | undefined;
  readonly #trainable: readonly Value[];
  #shared: GradientMemory | undefined;
  #sum: Gradients | undefined;

  private constructor(
    trainable: readonly Value[],
    session: Session | undefined,
    sumMemory: GradientMemory | undefined,
    passMemory: GradientMemory | undefined,
  ) {
    this.#trainable = trainable;
    this.#names = trainable.map(({ name }) => names.gradient(name));
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
    const onHost = device === "cpu";
    const session = passes > 1 ? await sumSession(trainable, device) : undefined;
    return new GradientSum(
      trainable,
      session,
      onHost ? gradientMemory(trainable) : undefined,
      onHost && passes > 1 ? gradientMemory(trainable) : undefined,
    );
  }

  /** Memory that the next pass should write its gradients into; undefined where the device gives its own. */
  get memory(): Readonly<Record<string, Tensor>> | undefined {
    return (this.#sum ? this.#passMemory : this.#sumMemory)?.tensors;
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
    const into = this.#sumMemory && prefixed(this.#sumMemory.tensors, "next/");
    const next = await this.#session!.run(feeds, into);
    const before = this.#sum;
    this.#sum = Object.fromEntries(this.#names.map((name) => [name, next[`next/${name}`]!]));
    release(pass);
    release(before);
  }

  /**
   * Gives the whole sum, every gradient behind the one before it, to a function that changes it in place; the sum is that
   * from then on. Gradients that lie on a device come into JavaScript memory for it.
   */
  async change(how: (gradients: Float32Array) => Promise<void>): Promise<void> {
    const sum = this.#sum;
    if (!sum) return;
    if (this.#sumMemory) return how(this.#sumMemory.whole);
    this.#shared ??= gradientMemory(this.#trainable);
    const { whole, tensors } = this.#shared;
    for (const name of this.#names) {
      (tensors[name]!.data as Float32Array).set((await readBack(sum[name]!)).data as Float32Array);
    }
    release(sum);
    await how(whole);
    this.#sum = tensors;
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

function gradientMemory(trainable: readonly Value[]): GradientMemory {
  const whole = new Float32Array(trainable.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
  const tensors: Record<string, Tensor> = {};
  let at = 0;
  for (const { name, shape } of trainable) {
    const size = sizeOf(shape);
    tensors[names.gradient(name)] = float32(whole.subarray(at, at + size), shape);
    at += size;
  }
  return { whole, tensors };
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
