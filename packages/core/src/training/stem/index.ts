export * from "./stem-engine.ts";
export { stageChannels, stageStrides, stemStages, stemTrainable } from "./stem-graph.ts";
export { foldedStem, initialStem, type TeacherStatistics, TeacherTally } from "./stem-weights.ts";
