export * from "./geometry/index.ts";
export * from "./random.ts";
export type * from "./training/batch.ts";
