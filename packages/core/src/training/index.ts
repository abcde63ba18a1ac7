export { type AdamWOptions, adamWGraph, adamWScalars, type OptimizerGroup, optimizerNames } from "./adamw.ts";
export type * from "./batch.ts";
export * from "./labels.ts";
export { type Losses, type LossTargets, loratLoss } from "./loss.ts";
export * from "./parameter-groups.ts";
export * from "./schedule.ts";
export { type TrainingStep, type TrainingStepOptions, trainingStep } from "./step.ts";
export { isTrainable } from "./trainable.ts";
