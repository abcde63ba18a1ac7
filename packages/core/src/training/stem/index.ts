export * from "./stem-engine.ts";
export { stageChannels, stageStrides, stemInputs, stemStages, stemTrainable } from "./stem-graph.ts";
export { stemMoments, unfoldedStem } from "./stem-unfolding.ts";
export { foldedStem, initialStem, type TeacherStatistics, TeacherTally } from "./stem-weights.ts";
