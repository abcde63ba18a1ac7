import * as ort from "onnxruntime-web/webgpu";
import type { Ort, Runtime } from "./runtime.ts";

/** The part of the WebGPU interface that is asked here. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

/** ONNX Runtime in a page or worker: WebGPU where a real adapter answers, else WebAssembly. */
export const runtime: Runtime = {
  async devices() {
    return "gpu" in navigator ? ["wasm", "webgpu"] : ["wasm"];
  },
  async preferred() {
    const gpu = (navigator as unknown as { gpu?: Gpu }).gpu;
    const adapter = await gpu?.requestAdapter().catch(() => null);
    return adapter && !adapter.info?.isFallbackAdapter ? "webgpu" : "wasm";
  },
  async load() {
    return ort as unknown as Ort;
  },
  readsBackThroughSession: false,
};

/** Where a page keeps ONNX Runtime's `.wasm` files, and how many threads it may use (needs cross-origin isolation). */
export function configureWasm(options: { baseUrl?: string; threads?: number }): void {
  if (options.baseUrl !== undefined) ort.env.wasm.wasmPaths = options.baseUrl;
  if (options.threads !== undefined) ort.env.wasm.numThreads = options.threads;
}
