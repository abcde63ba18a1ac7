import type { FileSource } from "../weights/file-source.ts";
import type { ModelParts } from "./model-parts.ts";

/** Names of the models that come with the project. */
export const bundledModels: readonly string[] = ["nano"];

/** A model that is named by text: its parts, or the address to fetch them from. */
export type NamedModel = { readonly parts: ModelParts } | { readonly address: URL; readonly hint?: string };

/** What differs between Node and a page in finding a model. */
export interface Place {
  /** Finds what a text names. Throws `MODEL_UNKNOWN`, `WEIGHTS_NOT_FOUND`, `MODEL_JSON`, `WEIGHTS_UNREADABLE`. */
  named(model: string): Promise<NamedModel>;
  /** Opens a file; Node only, elsewhere throws `WEIGHTS_UNREADABLE`. */
  fileSource(path: string): Promise<FileSource>;
}
