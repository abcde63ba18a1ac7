/**
 * Annotated datasets: benchmarks and people's own, read once, cleaned and shared by all threads.
 */
export type { IndexProgress } from "./build-columns.ts";
export { type DatasetColumns, datasetOf } from "./columns.ts";
export {
  DATASET_KINDS,
  type Dataset,
  type DatasetKind,
  type DatasetObject,
  type DatasetSequence,
} from "./dataset.ts";
export { type OpenDatasetOptions, openDataset } from "./open-dataset.ts";
export { type DatasetSpec, parseDatasetSpec } from "./spec.ts";
