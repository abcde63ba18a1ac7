/** For pages: where ONNX Runtime's files lie (see `@lorat/graph/web`), and trackers in a worker. */
export { configureWasm, type WasmOptions } from "@lorat/graph/web";
export { loadWorkerTracker, type WorkerTrackerOptions } from "./page/worker-tracker.ts";
