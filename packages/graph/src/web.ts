/** What a page sets before its first session: where ONNX Runtime's files lie, and how many threads it may use. */
export { configureWasm, type WasmOptions, wasmOptions } from "./session/runtime.web.ts";
