import type { InferenceSession } from "onnxruntime-common";
import type { PlacedGraph } from "./placements.ts";
import type { ConcreteDevice } from "./runtime.ts";
import type { SessionOptions } from "./session.ts";

/** What ONNX Runtime is told for a session. */
export type NativeSettings = InferenceSession.SessionOptions & {
  readonly extra: {
    readonly session: Record<string, string>;
    readonly optimization?: Record<string, string>;
  };
};

/** ONNX Runtime's settings for a placed graph on a device; `outputNames` are the model's, of which `kept` stay there. */
export function nativeSettings(
  device: ConcreteDevice,
  { files, folder }: PlacedGraph,
  options: SessionOptions,
  outputNames: readonly string[],
  kept: ReadonlySet<string>,
): NativeSettings {
  const location = (name: string) => [name, kept.has(name) ? "gpu-buffer" : "cpu"] as const;
  return {
    executionProviders: [device],
    ...(kept.size > 0 && { preferredOutputLocation: Object.fromEntries(outputNames.map(location)) }),
    ...(options.threads !== undefined && { intraOpNumThreads: options.threads }),
    ...(options.memoryPattern !== undefined && { enableMemPattern: options.memoryPattern }),
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
  const { noFallback = false, packedWeights = true } = options;
  const session: Record<string, string> = {};
  if (folder) session.model_external_initializers_file_folder_path = folder;
  if (noFallback && !computesOnCpu(device)) session.disable_cpu_ep_fallback = "1";
  if (!computesOnCpu(device)) return { session };
  // A product that adds another on top copies that one first, on one thread: slower than adding afterwards.
  const disabled = ["MatMulAddFusion"];
  if (!packedWeights) {
    session.disable_prepacking = "1";
    disabled.push("ConstantFolding"); // it would keep the transposes of weights
  }
  return { session, optimization: { disable_specified_optimizers: disabled.join(";") } };
}
