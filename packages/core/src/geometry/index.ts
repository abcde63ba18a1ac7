export * from "./box.ts";
export * from "./crop.ts";
export * from "./crop-alignment.ts";
export * from "./crop-parameters.ts";
export type * from "./frame.ts";
export * from "./grid.ts";
export * from "./image-mean.ts";
export * from "./jittered-crop.ts";
