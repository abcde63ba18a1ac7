export {
  type AdamWOptions,
  adamWGraph,
  adamWScalars,
  gradientNormGraph,
  type OptimizerGroup,
} from "./adamw.ts";
export * from "./batch.ts";
export { dropPathChoices } from "./drop-path-choices.ts";
export { type EngineOptions, TrainingEngine, type UpdateResult } from "./engine.ts";
export * from "./labels.ts";
export { type Losses, type LossTargets, type LossTerms, loratLoss, lossTerms, meanTerms } from "./loss.ts";
export { initialLossScale, type LossScale, lossScaleGrowthSteps, nextLossScale } from "./loss-scaler.ts";
export { Optimizer, type TensorState, type UpdatePosition } from "./optimizer.ts";
export * from "./parameter-groups.ts";
export type { Recompute } from "./recompute.ts";
export * from "./schedule.ts";
export { type OptimizerSettings, type TrainingSettings, trainingSchedule } from "./settings.ts";
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
