/** Files of weights are opened by core, which reads model folders. */
export { type FileSource, fileSource } from "@lorat/core/weights";
