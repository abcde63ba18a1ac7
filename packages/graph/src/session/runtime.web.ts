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
  takesHalvesAsBits: false,
};

export interface WasmOptions {
  /** Address of the folder with ONNX Runtime's `.wasm` and `.mjs` files, with its last slash. */
  readonly baseUrl?: string;
  /** Threads of the `wasm` device; more than one needs a cross-origin isolated page. */
  readonly threads?: number;
}

/** Sets where ONNX Runtime is loaded from and how it runs in this page; call it before the first session. */
export function configureWasm({ baseUrl, threads }: WasmOptions): void {
  if (baseUrl !== undefined) ort.env.wasm.wasmPaths = baseUrl;
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
}
