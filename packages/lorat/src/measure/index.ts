export { type BenchResult, benchResult } from "./bench/result.ts";
export { BENCH_KINDS, type BenchKind, type BenchOptions, runBench } from "./bench/run-bench.ts";
export { benchTable } from "./bench/table.ts";
export {
  type ProfileProgress,
  profileSpeed,
  profileTraining,
  type SpeedOptions,
  type SpeedRow,
  type TrainingFigures,
  type TrainingProfileOptions,
  type TrainingRow,
} from "./profile/profile.ts";
export { speedTable, trainingTable } from "./profile/table.ts";
export type { Spread } from "./statistics.ts";
