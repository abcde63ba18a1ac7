/** `@lorat/core/weights`: files of weights read and written, model folders, merging. */
export { fileSource } from "../loading/open-file.ts";
export * from "../weights/index.ts";
