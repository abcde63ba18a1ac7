/** Pictures as people have them, and the pixels that trackers read. */
export type * from "./frame-input.ts";
export { toFrame } from "./to-frame.ts";
