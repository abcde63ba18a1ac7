export * from "./augment.ts";
export * from "./candidates.ts";
export * from "./crop-augmentation.ts";
export type * from "./data-manifest.ts";
export { scanData } from "./data-manifest.ts";
export * from "./loader.ts";
export * from "./mix.ts";
export type * from "./training-data.ts";
