/** Names of what a run's folder holds. */
export const runFiles = {
  /** The resolved configuration. */
  config: "config.json",
  /** Fingerprints of what the run reads. */
  sources: "sources.json",
  metrics: "metrics.jsonl",
  checkpoints: "checkpoints",
  /** Batches whose loss was not finite. */
  nonFinite: "nonfinite",
} as const;
