import type { Model } from "../tracking/network.ts";
import { createTracker, type TrackerOptions } from "../tracking/tracker.ts";
import type { Tracker } from "../tracking/types.ts";
import { cancellable, throwIfCancelled } from "./cancel.ts";
import { loadModel } from "./load-model.ts";
import type { FetchOptions } from "./load-options.ts";
import type { ModelSource } from "./model-source.ts";

/** How a tracker is loaded. */
export interface LoadTrackerOptions extends TrackerOptions, FetchOptions {}

/**
 * A tracker ready for its first frame, the same in Node and in a page, from a bundled model's name, a model folder, an address, or
 * files ({@link ModelSource}), or from a model that {@link loadModel} gave. Throws what {@link loadModel} throws, `LOAD_CANCELLED` as soon as `signal` is given, and
 * `DEVICE_UNAVAILABLE` or `PRECISION_UNAVAILABLE` where the device or precision cannot be had here.
 *
 * @example
 * const tracker = await loadTracker("nano", { device: "auto", onProgress: ({ status }) => console.log(status) });
 * const target = await tracker.start(videoElement, { x: 100, y: 60, width: 40, height: 80 });
 * const { box, score, state } = await target.track(videoElement);
 */
export async function loadTracker(
  source: ModelSource | Model,
  options: LoadTrackerOptions = {},
): Promise<Tracker> {
  const { signal, onProgress, cache, ...settings } = options;
  const model = isModel(source) ? source : await loadModel(source, { signal, onProgress, cache });
  throwIfCancelled(signal);
  const making = createTracker(model, settings);
  const tracker = await cancellable(making, signal, (late) => late.dispose());
  onProgress?.({ status: "ready", name: typeof source === "string" ? source : model.name });
  return tracker;
}

function isModel(source: ModelSource | Model): source is Model {
  return typeof source === "object" && source !== null && "config" in source && "weights" in source;
}
