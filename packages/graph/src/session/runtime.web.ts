import * as ort from "onnxruntime-web/webgpu";
import { LoratError } from "../errors.ts";
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
  missing(cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const isLoading =
      /no available backend|failed to fetch|fetching of the wasm failed|dynamically imported/i;
    if (!isLoading.test(message)) return undefined;
    const where = configured.baseUrl ?? "beside this page's script";
    return new LoratError(
      "RUNTIME_MISSING",
      `ONNX Runtime's files cannot be loaded from ${where}: ${message}`,
      {
        hint: "copy node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.{mjs,wasm} there, or say with configureWasm({ baseUrl }) where they lie",
        cause,
      },
    );
  },
  readsBackThroughSession: false,
  takesHalvesAsBits: false,
};

/** How ONNX Runtime runs in a page. */
export interface WasmOptions {
  /** Address of the folder, relative to the page or absolute, with ONNX Runtime's `.wasm` and `.mjs` files, with its last slash. */
  readonly baseUrl?: string;
  /** Threads of the `wasm` device; more than one needs a cross-origin isolated page. */
  readonly threads?: number;
}

let configured: WasmOptions = {};

/** What {@link configureWasm} was told last, for a worker of the page; the address is absolute. */
export function wasmOptions(): WasmOptions {
  return configured;
}

/** Sets where ONNX Runtime is loaded from and how it runs in this page; call it before the first session. */
export function configureWasm(options: WasmOptions): void {
  const { threads } = options;
  const base = typeof document === "undefined" ? globalThis.location.href : document.baseURI;
  const baseUrl = options.baseUrl === undefined ? undefined : new URL(options.baseUrl, base).href;
  configured = { ...configured, ...options, ...(baseUrl !== undefined && { baseUrl }) };
  if (baseUrl !== undefined) ort.env.wasm.wasmPaths = baseUrl;
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
}
