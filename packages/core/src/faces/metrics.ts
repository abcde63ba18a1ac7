/** `@lorat/core/metrics`: one-pass evaluation and the benchmarks' protocols, pure functions over boxes. */
export * from "../metrics/index.ts";
