/** `@lorat/core/training`: loss, training step, engine and optimiser, and the seeded draws that they begin with. */
export { lossNames, optimizerNames, statisticsNames, targetNames } from "../graph-names.ts";
export * from "../random.ts";
export * from "../training/index.ts";
