/** `@lorat/core/geometry`: boxes, crops and masks, and pictures of every kind as pixels. */
export * from "../frames/index.ts";
export * from "../geometry/index.ts";
