export { type AdamWOptions, adamWGraph, adamWScalars, type OptimizerGroup } from "./adamw.ts";
export * from "./batch.ts";
export { type EngineOptions, ownBatchSize, TrainingEngine, type UpdateResult } from "./engine.ts";
export type { Exchange, Share } from "./exchange.ts";
export * from "./labels.ts";
export { type Losses, type LossTargets, type LossTerms, loratLoss, lossTerms, meanTerms } from "./loss.ts";
export { Optimizer, type TensorState, type UpdatePosition } from "./optimizer.ts";
export * from "./parameter-groups.ts";
export type { Recompute } from "./recompute.ts";
export { learningRate, type Schedule } from "./schedule.ts";
export {
  type OptimizerSettings,
  optimizerSchema,
  type StemSettings,
  stemSettingsSchema,
  type TrainingSettings,
  trainingSchedule,
  trainingSettingsSchema,
} from "./settings.ts";
export { baseTensors } from "./starting-weights.ts";
export * from "./stem/index.ts";
export {
  type EvaluationStep,
  evaluationStep,
  type TrainingStep,
  type TrainingStepOptions,
  trainingStep,
} from "./step.ts";
export type { TrainingProgress, TrainingState } from "./training-state.ts";
