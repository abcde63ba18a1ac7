/** What a page sets before its first tracker or training step; see `@lorat/graph/web`. */
export { configureWasm, type WasmOptions } from "@lorat/graph/web";
