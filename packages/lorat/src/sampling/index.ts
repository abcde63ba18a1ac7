export * from "./augment.ts";
export * from "./candidates.ts";
export type * from "./data-manifest.ts";
export { scanData } from "./data-manifest.ts";
export * from "./loader.ts";
export * from "./mix.ts";
