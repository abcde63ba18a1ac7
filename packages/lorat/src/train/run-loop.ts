import { join } from "node:path";
import { type Checkpoint, writeCheckpoint } from "../runs/checkpoint.ts";
import { MetricsLog } from "../runs/metrics-log.ts";
import type { RunRecord } from "../runs/records.ts";
import { runFiles } from "../runs/run-config.ts";

/** How a run is watched, stopped and saved. */
export interface LoopOptions {
  /** The run's folder. */
  readonly folder: string;
  /** Seconds between checkpoints; default: 180. */
  readonly checkpointSeconds?: number;
  /** Checkpoints that stay; default: 3. */
  readonly keep?: number;
  /** Stops after the step in flight, saving a checkpoint. */
  readonly signal?: AbortSignal;
  /** Every line of `metrics.jsonl`. */
  readonly onRecord?: (record: RunRecord) => void;
  readonly onCheckpoint?: (path: string, step: number) => void;
}

/** How a call of the loop ended. */
export interface TrainResult {
  readonly step: number;
  readonly finished: boolean;
}

type Recorder = (line: RunRecord) => void;

/** What a run does in its loop. */
interface Work {
  /** Steps in all. */
  readonly steps: number;
  /** Undefined where another process records and saves. */
  readonly metrics: MetricsLog | undefined;
  /** Steps done. */
  step(): number;
  /** Takes a step, records it and does what is due after it. */
  advance(record: Recorder): Promise<void>;
  /** What is done once, before the last checkpoint. */
  end?(record: Recorder): Promise<void>;
  checkpoint(): Promise<Checkpoint> | Checkpoint;
  /** Whether to stop now; default: the signal says it. */
  isStopped?(): Promise<boolean>;
}

/** Something that is disposed of at the run's end. */
interface Part {
  dispose(): Promise<void>;
}

/** Works in a folder that `lock` locks, and disposes of what it opened. Throws what `lock` and `use` throw. */
export async function inLockedRun<T>(
  lock: () => Promise<(() => Promise<void>) | undefined>,
  use: (open: <P extends Part>(part: P) => P) => Promise<T>,
): Promise<T> {
  const unlock = await lock();
  const parts: Part[] = [];
  try {
    return await use((part) => {
      parts.push(part);
      return part;
    });
  } finally {
    await Promise.all(parts.map((part) => part.dispose()));
    await unlock?.();
  }
}

/** The records of a run that goes on after `step`. Throws `METRICS_WRITE`. */
export async function openMetrics(folder: string, step: number): Promise<MetricsLog> {
  const metrics = new MetricsLog(join(folder, runFiles.metrics));
  await metrics.rewind(step);
  return metrics;
}

/**
 * Steps until the last one or a stop, with records into `metrics.jsonl` and checkpoints now and then and at the end. Throws
 * `CHECKPOINT_WRITE`, `METRICS_WRITE`, and what the work throws.
 */
export async function runLoop(work: Work, options: LoopOptions): Promise<TrainResult> {
  const { folder, checkpointSeconds = 180, keep = 3, signal } = options;
  const { metrics, isStopped = async () => signal?.aborted ?? false } = work;
  const record = (line: RunRecord) => {
    if (!metrics) return;
    metrics.add(line);
    options.onRecord?.(line);
  };
  let saved = performance.now();
  const save = async () => {
    if (!metrics) return;
    await metrics.flush();
    const checkpoint = await work.checkpoint();
    const path = await writeCheckpoint(join(folder, runFiles.checkpoints), checkpoint, keep);
    options.onCheckpoint?.(path, checkpoint.progress.step);
    saved = performance.now();
  };
  try {
    while (work.step() < work.steps && !(await isStopped())) {
      await work.advance(record);
      if (performance.now() - saved > checkpointSeconds * 1000) await save();
    }
    await work.end?.(record);
    await save();
  } catch (error) {
    // The last records may say why.
    await metrics?.flush().catch(() => {});
    throw error;
  }
  return { step: work.step(), finished: work.step() >= work.steps };
}
