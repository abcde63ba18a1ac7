/**
 * A step of loading, in the form that users of transformers.js know. `name` is the model as it was asked for, `file` one of its files;
 * `loaded` and `total` are bytes, `progress` is per cent; the last two are undefined where the server does not tell the length.
 */
export type LoadProgress =
  | { readonly status: "initiate" | "download" | "done"; readonly name: string; readonly file: string }
  | {
      readonly status: "progress";
      readonly name: string;
      readonly file: string;
      readonly loaded: number;
      readonly total: number | undefined;
      readonly progress: number | undefined;
    }
  | { readonly status: "ready"; readonly name: string };

/** How a model is fetched. */
export interface FetchOptions {
  /** Cancels: what was begun is let go and the promise is rejected with `LOAD_CANCELLED`, the signal's reason as its cause. */
  readonly signal?: AbortSignal | undefined;
  /** Told of every step. */
  readonly onProgress?: ((event: LoadProgress) => void) | undefined;
  /**
   * Keeps downloaded weights in the browser's cache storage and asks the server only whether they are still the same; default: true.
   * Without that storage, and in Node, nothing is kept here.
   */
  readonly cache?: boolean | undefined;
}
