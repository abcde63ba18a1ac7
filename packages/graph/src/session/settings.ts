import type { InferenceSession } from "onnxruntime-common";
import type { PlacedGraph } from "./placements.ts";
import type { ConcreteDevice, Device } from "./runtime.ts";
import type { Weights } from "./weights.ts";

/**
 * What a session is for. `inference`: many runs, so weights are laid out for products and memory is planned ahead. `training`: the
 * same without the plan, which gradients make too large. `once`: a single run, for which nothing is prepared.
 */
export type Purpose = "inference" | "training" | "once";

/** How a session is made. */
export interface SessionOptions {
  /** Default: `auto`. */
  readonly device?: Device;
  /** Threads inside an operator, CPU only; default: ONNX Runtime's own choice. */
  readonly threads?: number;
  /** Default: `inference`. */
  readonly purpose?: Purpose;
  /**
   * Saves memory: constant weights are read where they lie, at best in a mapped file, and memory is not planned ahead. Without
   * it ONNX Runtime keeps copies laid out for products, about two for each weight of a training step. Products become a few
   * percent slower, and weights stored in half precision are converted at every run. CPU only; default: false.
   */
  readonly lowMemory?: boolean;
  /** Data of the parameters that are constant in this session. Parameters without data are fed at each run. */
  readonly weights?: Weights;
  /** Parameters that are fed at each run even though `weights` has them (the trainable ones). */
  readonly fed?: ReadonlySet<string>;
  /** Outputs that stay on the device, to be fed to a later run. */
  readonly keepOnDevice?: readonly string[];
  /** True makes ONNX Runtime refuse to place any node on the CPU when the device is another. */
  readonly noFallback?: boolean;
  /**
   * Folder where weights of middling size are stored as this device's products want them. The next session over them, of any
   * batch size and in any process, maps that file instead of making a copy. Node's CPU only; elsewhere it changes nothing.
   */
  readonly cacheFolder?: string;
  /** Prefix of a profile that ONNX Runtime writes when the session ends; Node only. */
  readonly profilePrefix?: string;
}

/** Whether constant weights get copies that are laid out for products. */
export function laysOutWeights({ purpose, lowMemory = false }: SessionOptions): boolean {
  return purpose !== "once" && !lowMemory;
}

/** What ONNX Runtime is told for a session. */
export type NativeSettings = InferenceSession.SessionOptions & {
  readonly extra: {
    readonly session: Record<string, string>;
    readonly optimization?: Record<string, string>;
  };
};

/** ONNX Runtime's settings for a placed graph on a device. Of a model's outputs those in `kept` stay on the device. */
export function nativeSettings(
  device: ConcreteDevice,
  { files, folder }: PlacedGraph,
  options: SessionOptions,
  { outputNames, kept }: { readonly outputNames: readonly string[]; readonly kept: ReadonlySet<string> },
): NativeSettings {
  const { purpose = "inference" } = options;
  const plansMemory = purpose === "inference" && !options.lowMemory;
  const location = (name: string) => [name, kept.has(name) ? "gpu-buffer" : "cpu"] as const;
  return {
    executionProviders: [device],
    ...(kept.size > 0 && { preferredOutputLocation: Object.fromEntries(outputNames.map(location)) }),
    ...(options.threads !== undefined && { intraOpNumThreads: options.threads }),
    ...(!plansMemory && { enableMemPattern: false }),
    ...(options.profilePrefix && { enableProfiling: true, profileFilePrefix: options.profilePrefix }),
    ...(files.length > 0 && { externalData: files.map(({ path, data }) => ({ path, data: data! })) }),
    graphOptimizationLevel: "all",
    logSeverityLevel: 4, // what fails is thrown, with its message
    extra: configEntries(device, folder, options),
  };
}

/** WebAssembly is ONNX Runtime's CPU provider under another name. */
export function computesOnCpu(device: ConcreteDevice): boolean {
  return device === "cpu" || device === "wasm";
}

/** Settings that ONNX Runtime takes as strings. */
function configEntries(device: ConcreteDevice, folder: string | undefined, options: SessionOptions) {
  const { noFallback = false } = options;
  const session: Record<string, string> = {};
  if (folder) session.model_external_initializers_file_folder_path = folder;
  if (noFallback && !computesOnCpu(device)) session.disable_cpu_ep_fallback = "1";
  if (!computesOnCpu(device)) return { session };
  // A product that adds another on top copies that one first, on one thread: slower than adding afterwards.
  const disabled = ["MatMulAddFusion"];
  if (!laysOutWeights(options)) {
    session.disable_prepacking = "1";
    disabled.push("ConstantFolding"); // it would keep the transposes of weights
  }
  return { session, optimization: { disable_specified_optimizers: disabled.join(";") } };
}
