import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { runtime } from "#runtime";
import { LoratError } from "../errors.ts";
import { Graph, type Value } from "../graph.ts";
import { asyncDisposeSymbol, disposeSymbol } from "../lifetimes.ts";
import { modelInputs } from "../onnx/input-shapes.ts";
import { serialise } from "../onnx/serialise.ts";
import { forCpuProducts } from "../rewrites/cpu-products.ts";
import { lowered } from "../rewrites/lower.ts";
import type { Shape } from "../shape.ts";
import type { DType, Tensor, TypedArray } from "../tensor.ts";
import { keptGraph } from "./kept-weights.ts";
import { placedGraph } from "./placements.ts";
import type { ConcreteDevice, Device, Ort } from "./runtime.ts";
import { computesOnCpu, laysOutWeights, nativeSettings, type SessionOptions } from "./settings.ts";

/** A tensor that lives where the session's device keeps it. */
export class DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly device: ConcreteDevice;
  readonly #tensor: OrtTensor;

  constructor(tensor: OrtTensor, device: ConcreteDevice) {
    this.dtype = tensor.type as DType;
    this.shape = tensor.dims;
    this.device = device;
    this.#tensor = tensor;
  }

  /** ONNX Runtime's own tensor. */
  get ort(): OrtTensor {
    return this.#tensor;
  }

  /** Frees the device's memory. */
  dispose(): void {
    this.#tensor.dispose();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

/** What a session is fed, by input names. */
export type Feeds = Readonly<Record<string, Tensor | DeviceTensor>>;

/** The device that a request stands for here. Throws `DEVICE_UNKNOWN` or `DEVICE_UNAVAILABLE`. */
export async function resolveDevice(device: Device): Promise<ConcreteDevice> {
  const known = ["auto", "cpu", "webgpu", "cuda", "wasm"];
  if (!known.includes(device)) {
    throw new LoratError("DEVICE_UNKNOWN", `there is no device "${device}"`, {
      hint: `choose one of ${known.join(", ")}`,
    });
  }
  if (device === "auto") return runtime.preferred();
  const available = await runtime.devices();
  if (!available.includes(device)) {
    throw new LoratError("DEVICE_UNAVAILABLE", `the device "${device}" is not available here`, {
      hint: [`available: ${available.join(", ")}`, runtime.advice?.(device)].filter(Boolean).join("; "),
    });
  }
  return device;
}

let openSessions = 0;

/** What a session is fed under one name. */
export interface SessionInput {
  /** Undefined for a model from a file: ONNX Runtime checks it. */
  readonly dtype?: DType;
  /** 0 for a size that a model from a file leaves open. */
  readonly shape: Shape;
}

/** A graph, or a finished model from a file, made ready to run on one device. */
export class Session {
  readonly device: ConcreteDevice;
  readonly inputs: ReadonlyMap<string, SessionInput>;
  readonly outputNames: readonly string[];
  readonly #ort: Ort;
  readonly #session: InferenceSession;
  readonly #kept: ReadonlySet<string>;
  #disposed = false;

  /** Sessions of this process that were created and not disposed. */
  static get open(): number {
    return openSessions;
  }

  private constructor(
    ort: Ort,
    session: InferenceSession,
    device: ConcreteDevice,
    model: {
      readonly inputs: readonly (SessionInput & { readonly name: string })[];
      readonly outputNames: readonly string[];
      readonly kept?: ReadonlySet<string>;
    },
  ) {
    this.#ort = ort;
    this.#session = session;
    this.device = device;
    this.inputs = new Map(model.inputs.map((input) => [input.name, input]));
    this.outputNames = model.outputNames;
    this.#kept = model.kept ?? new Set();
    openSessions++;
  }

  /**
   * Compiles what `outputs` need for a device. Throws `DEVICE_UNKNOWN`, `DEVICE_UNAVAILABLE`, `WEIGHTS_SHAPE`, or
   * `SESSION_CREATE` when the device refuses the graph.
   */
  static async create(
    outputs: Readonly<Record<string, Value>>,
    options: SessionOptions = {},
  ): Promise<Session> {
    const device = await resolveDevice(options.device ?? "auto");
    const ort = await runtime.load(device);
    const standard = lowered(outputs);
    // Padding would copy at every run a weight that is read where it lies.
    const isPadded = computesOnCpu(device) && laysOutWeights(options);
    const fitted = isPadded ? forCpuProducts(standard) : standard;
    const placed =
      (await keptGraph(ort, device, fitted, options)) ??
      placedGraph(fitted, device, options.weights ?? new Map(), options.fed ?? new Set());
    const { bytes, inputs, outputNames } = serialise(placed.outputs, placed.place);
    const kept = new Set(device === "webgpu" ? options.keepOnDevice : []);
    const settings = nativeSettings(device, placed, options, { outputNames, kept });
    const session = await created(ort, device, bytes, settings);
    return new Session(ort, session, device, { inputs, outputNames, kept });
  }

  /**
   * Compiles the bytes of an ONNX file that someone else made, as ONNX Runtime takes it. Throws `DEVICE_UNKNOWN`,
   * `DEVICE_UNAVAILABLE`, `SESSION_CREATE` when the device refuses it.
   */
  static async fromModel(
    model: Uint8Array,
    options: Pick<SessionOptions, "device" | "threads"> = {},
  ): Promise<Session> {
    const device = await resolveDevice(options.device ?? "auto");
    const ort = await runtime.load(device);
    const session = await created(ort, device, model, {
      executionProviders: [device],
      ...(options.threads !== undefined && { intraOpNumThreads: options.threads }),
      logSeverityLevel: 4, // what fails is thrown, with its message
    });
    return new Session(ort, session, device, {
      inputs: modelInputs(model),
      outputNames: session.outputNames,
    });
  }

  /**
   * Runs the graph once. Every input must be fed, with its own shape; outputs named in `keepOnDevice` come as
   * {@link DeviceTensor}. Throws `SESSION_FEED` on a missing or misshapen input, `SESSION_RUN` when the device fails,
   * `SESSION_DISPOSED` after `dispose`.
   *
   * On the CPU outputs named in `into` are written to the memory of those tensors instead of new memory. That may be the
   * memory of an input that is read only to compute this very output, element by element.
   */
  async run(
    feeds: Feeds,
    into: Readonly<Record<string, Tensor>> = {},
  ): Promise<Record<string, Tensor | DeviceTensor>> {
    if (this.#disposed) throw new LoratError("SESSION_DISPOSED", "the session was disposed");
    const native: Record<string, OrtTensor> = {};
    for (const [name, input] of this.inputs) native[name] = this.#feed(name, input, feeds[name]);
    const given = new Set(this.device === "cpu" ? this.outputNames.filter((name) => into[name]) : []);
    let results: InferenceSession.OnnxValueMapType;
    try {
      if (given.size === 0) results = await this.#session.run(native);
      else {
        const fetches = this.outputNames.map((name) => {
          return [name, given.has(name) ? this.#ortTensor(into[name]!) : null] as const;
        });
        results = await this.#session.run(native, Object.fromEntries(fetches));
      }
    } catch (cause) {
      throw new LoratError("SESSION_RUN", `${this.device} failed: ${messageOf(cause)}`, { cause });
    }
    const outputs: Record<string, Tensor | DeviceTensor> = {};
    for (const name of this.outputNames) {
      const tensor = results[name] as OrtTensor;
      if (given.has(name)) outputs[name] = into[name]!;
      else outputs[name] = this.#kept.has(name) ? new DeviceTensor(tensor, this.device) : hostTensor(tensor);
    }
    return outputs;
  }

  /** {@link run} when every output comes to JavaScript. */
  async compute(feeds: Feeds): Promise<Record<string, Tensor>> {
    return (await this.run(feeds)) as Record<string, Tensor>;
  }

  /** Releases the session; running it afterwards throws. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    openSessions--;
    await this.#session.release();
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.dispose();
  }

  #feed(name: string, input: SessionInput, given: Tensor | DeviceTensor | undefined): OrtTensor {
    const { dtype = given?.dtype, shape } = input;
    if (!given)
      throw new LoratError("SESSION_FEED", `the input ${name} ${dtype ?? ""} [${shape}] was not fed`);
    const fits =
      given.shape.length === shape.length &&
      given.shape.every((size, i) => shape[i] === 0 || size === shape[i]);
    if (given.dtype !== dtype || !fits) {
      throw new LoratError(
        "SESSION_FEED",
        `the input ${name} is ${dtype} [${shape}], fed with ${given.dtype} [${given.shape}]`,
      );
    }
    return given instanceof DeviceTensor ? given.ort : this.#ortTensor(given);
  }

  #ortTensor(given: Tensor): OrtTensor {
    const tensor = new this.#ort.Tensor(given.dtype as "float32", given.data as Float32Array, given.shape);
    if (given.dtype === "float16" && runtime.takesHalvesAsBits) {
      Object.defineProperty(tensor, "data", { value: given.data });
    }
    return tensor;
  }
}

async function created(
  ort: Ort,
  device: ConcreteDevice,
  model: Uint8Array,
  settings: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, settings);
  } catch (cause) {
    const missing = runtime.missing?.(cause);
    if (missing) throw missing;
    throw new LoratError("SESSION_CREATE", `${device} refused the graph: ${messageOf(cause)}`, { cause });
  }
}

let readers: Map<string, Promise<Session>> | undefined;

/** Copies a device's tensor into JavaScript memory. */
export async function readBack(tensor: Tensor | DeviceTensor): Promise<Tensor> {
  if (!(tensor instanceof DeviceTensor)) return tensor;
  if (!runtime.readsBackThroughSession) {
    return {
      dtype: tensor.dtype,
      shape: tensor.shape,
      data: hostData(tensor.dtype, await tensor.ort.getData()),
    };
  }
  // A session that only passes its input on: reading a Node WebGPU tensor directly ends the process in 1.30.
  readers ??= new Map();
  const key = `${tensor.device} ${tensor.dtype} ${tensor.shape}`;
  let reader = readers.get(key);
  if (!reader) {
    const graph = new Graph();
    reader = Session.create(
      { value: graph.input("tensor", tensor.shape, tensor.dtype) },
      { device: tensor.device },
    );
    readers.set(key, reader);
  }
  return (await (await reader).compute({ tensor })).value!;
}

function hostTensor(tensor: OrtTensor): Tensor {
  return { dtype: tensor.type as DType, shape: tensor.dims, data: hostData(tensor.type, tensor.data) };
}

function hostData(dtype: string, data: OrtTensor.DataType): TypedArray {
  // Where JavaScript has Float16Array, ONNX Runtime gives one; here halves are bits.
  if (dtype !== "float16") return data as unknown as TypedArray;
  const { buffer, byteOffset, length } = data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
