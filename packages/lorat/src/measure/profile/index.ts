export type { Spread } from "../statistics.ts";
export {
  type ProfileProgress,
  profileSpeed,
  profileTraining,
  type SpeedOptions,
  type SpeedRow,
  type TrainingFigures,
  type TrainingProfileOptions,
  type TrainingRow,
} from "./profile.ts";
export { speedTable, trainingTable } from "./table.ts";
