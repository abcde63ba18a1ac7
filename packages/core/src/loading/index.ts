/** From a name, a folder, an address or files to a model or a tracker, in Node and in a page. */

export { loadModel, modelOf, type OpenedModel, openModel, storedWeights } from "./load-model.ts";
export type * from "./load-options.ts";
export { type LoadTrackerOptions, loadTracker } from "./load-tracker.ts";
export type * from "./model-source.ts";
export { fileSource } from "./open-file.ts";
export { bundledModels } from "./place.ts";
