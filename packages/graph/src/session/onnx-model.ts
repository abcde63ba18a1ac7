import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { runtime } from "#runtime";
import { LoratError } from "../errors.ts";
import type { DType, Tensor, TypedArray } from "../tensor.ts";
import type { ConcreteDevice, Device, Ort } from "./runtime.ts";
import { resolveDevice } from "./session.ts";

export interface OnnxModelOptions {
  /** Default `auto`. */
  readonly device?: Device;
  readonly threads?: number;
}

/** A finished ONNX file that someone else made, ready to run: for peers, whose graphs this project does not build. */
export class OnnxModel {
  readonly device: ConcreteDevice;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #ort: Ort;
  readonly #session: InferenceSession;

  private constructor(ort: Ort, session: InferenceSession, device: ConcreteDevice) {
    this.#ort = ort;
    this.#session = session;
    this.device = device;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
  }

  /** Compiles a model's bytes. Throws `DEVICE_UNKNOWN`, `DEVICE_UNAVAILABLE`, `SESSION_CREATE` for a model that is refused. */
  static async create(bytes: Uint8Array, options: OnnxModelOptions = {}): Promise<OnnxModel> {
    const device = await resolveDevice(options.device ?? "auto");
    const ort = await runtime.load(device);
    try {
      const session = await ort.InferenceSession.create(bytes, {
        executionProviders: [device],
        ...(options.threads !== undefined && { intraOpNumThreads: options.threads }),
        logSeverityLevel: 4, // what fails is thrown, with its message
      });
      return new OnnxModel(ort, session, device);
    } catch (cause) {
      throw new LoratError("SESSION_CREATE", `${device} refused the model: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Runs the model once. Throws `SESSION_FEED` for an input left out, `SESSION_RUN` when the device fails. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const native: Record<string, OrtTensor> = {};
    for (const name of this.inputNames) {
      const given = feeds[name];
      if (!given) throw new LoratError("SESSION_FEED", `the input ${name} was not fed`);
      native[name] = new this.#ort.Tensor(given.dtype as "float32", given.data as Float32Array, given.shape);
    }
    try {
      const results = await this.#session.run(native);
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, dims, data }]): [string, Tensor] => [
          name,
          { dtype: type as DType, shape: dims, data: data as unknown as TypedArray },
        ]),
      );
    } catch (cause) {
      throw new LoratError("SESSION_RUN", `${this.device} failed: ${(cause as Error).message}`, { cause });
    }
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}
