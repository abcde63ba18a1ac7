/**
 * LoRAT for pages in one file, `dist/lorat.browser.js`: everything of `@lorat/core`'s root, and trackers in a worker, whose code is this
 * same file. The model `nano` lies beside it in `models/nano/`, ONNX Runtime's `.wasm` beside it or where `configureWasm` says.
 */
import type { ModelSource } from "../loading/model-source.ts";
import type { Model } from "../tracking/network.ts";
import type { Tracker } from "../tracking/types.ts";
import { serveTracker } from "./serve-tracker.ts";
import { loadWorkerTracker as loadInWorker, type WorkerTrackerOptions } from "./worker-tracker.ts";

export { configureWasm, type WasmOptions } from "@lorat/graph/web";
export * from "../index.ts";
export type { WorkerTrackerOptions };

/** What the worker is called, by which this file knows that it is one. */
const workerName = "lorat-tracker";

/** As `loadWorkerTracker` of `@lorat/core/web`; the worker runs this file. */
export function loadWorkerTracker(
  source: ModelSource | Model,
  options: WorkerTrackerOptions = {},
): Promise<Tracker> {
  return loadInWorker(source, { createWorker, ...options });
}

function createWorker(): Worker {
  const own = import.meta.url;
  const isForeign = new URL(own).origin !== globalThis.location.origin;
  // A page may start workers of its own site only; such a one may import from others.
  const text = `import ${JSON.stringify(own)};`;
  const address = isForeign ? URL.createObjectURL(new Blob([text], { type: "text/javascript" })) : own;
  return new Worker(address, { type: "module", name: workerName });
}

if (typeof document === "undefined" && (globalThis as { name?: string }).name === workerName) {
  serveTracker(globalThis as unknown as Parameters<typeof serveTracker>[0]);
}
