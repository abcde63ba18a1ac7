import { createTracker } from "@lorat/core/model";
import type { TrainingEngine } from "@lorat/core/training";
import { datasetOf, openDataset } from "../datasets/index.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { type Segment, scoreSegments, segmentOf } from "../trackers/one-pass.ts";

/** Success of the network on whole sequences. */
interface TrackingTestResult {
  /** Mean area under the success curve, 0 to 1. */
  readonly auc: number;
  /** By sequence. */
  readonly sequences: Readonly<Record<string, number>>;
}

/** The sequences of the configuration's tracking test, each with its first object. Throws what {@link openDataset} throws. */
export async function trackingSegments(config: RunConfig): Promise<Segment[]> {
  const { dataset, split, sequences } = config.trackingTest!;
  const opened = datasetOf(await openDataset({ dataset, split }));
  const count = Math.min(sequences ?? opened.length, opened.length);
  return Array.from({ length: count }, (_, i) => segmentOf(opened.sequence(i), 0) ?? []).flat();
}

/**
 * Tracks whole sequences with the network as it is, or with its averaged weights where an average is kept, and scores them.
 * Adapters stay apart: frozen weights remain mapped from their file, and the numbers are those of the merged network to
 * 1e-5. Throws what tracker and pictures throw.
 */
export async function trackingTest(
  engine: TrainingEngine,
  config: RunConfig,
  segments: readonly Segment[],
  threads?: number,
): Promise<TrackingTestResult> {
  const weights = await engine.weights({ average: config.averageDecay !== undefined });
  const model = { name: config.name, config: config.model, weights };
  const tracker = await createTracker(model, {
    device: engine.device,
    threads,
  });
  try {
    return await scoreSegments(tracker, segments);
  } finally {
    await tracker.dispose();
  }
}
