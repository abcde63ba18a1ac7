/** The one home of published figures. */
export * from "./efficiency.ts";
export * from "./embedding-ablation.ts";
export * from "./sources.ts";
export * from "./trackers.ts";
