import { mean } from "simple-statistics";
import { type EvaluationSummary, summariseEvaluation } from "./evaluation/summary.ts";
import { findRuns, type Run, readRun } from "./read-run.ts";

/** A run in a few numbers, for tables and for `--json`. */
export interface RunSummary {
  readonly kind: "training";
  readonly folder: string;
  /** What the configuration calls it; undefined where there is none. */
  readonly config?: string;
  readonly step: number;
  /** Steps that the configuration asks for. */
  readonly steps?: number;
  /** Means over the last records, at most 50. */
  readonly loss?: number;
  readonly iou?: number;
  readonly gradNorm?: number;
  readonly samplesPerSecond?: number;
  readonly waitShare?: number;
  /** The last validation's. */
  readonly validationLoss?: number;
  readonly validationIou?: number;
  /** The last tracking test's. */
  readonly auc?: number;
  readonly lastCheckpoint?: number;
  readonly warnings: number;
  readonly lastWritten?: Date;
}

const recentRecords = 50;

/** Sums a run up. */
export function summariseRun(run: Run): RunSummary {
  const recent = run.steps.slice(-recentRecords);
  const meanOf = (key: "loss" | "iou" | "gradNorm" | "samplesPerSecond") => {
    const values = recent.map((record) => record[key]).filter(Number.isFinite);
    return values.length === 0 ? undefined : mean(values);
  };
  return {
    kind: "training",
    folder: run.folder,
    config: run.config?.name,
    step: run.steps.at(-1)?.step ?? 0,
    steps: run.config?.steps,
    loss: meanOf("loss"),
    iou: meanOf("iou"),
    gradNorm: meanOf("gradNorm"),
    samplesPerSecond: meanOf("samplesPerSecond"),
    waitShare: run.steps.at(-1)?.waitShare,
    validationLoss: run.validations.at(-1)?.loss,
    validationIou: run.validations.at(-1)?.iou,
    auc: run.tracking.at(-1)?.auc,
    lastCheckpoint: run.checkpoints.at(-1)?.step,
    warnings: runWarnings(run).length,
    lastWritten: run.lastWritten,
  };
}

/** What a reader of the curves should know: the run's own warnings and what the records show. */
export function runWarnings(run: Run): string[] {
  const last = run.steps.at(-1);
  const warnings = run.warnings.map(({ step, code, message }) => `step ${step}: ${code}: ${message}`);
  const infinite = run.steps.filter(
    ({ loss, gradNorm }) => !(Number.isFinite(loss) && Number.isFinite(gradNorm)),
  );
  if (infinite.length > 0) {
    warnings.push(
      `steps without a finite loss or gradient: ${infinite.length}, the first is ${infinite[0]!.step}`,
    );
  }
  if (last?.skippedSteps)
    warnings.push(`updates skipped for gradients that were not finite: ${last.skippedSteps}`);
  if (last?.unreadable) warnings.push(`pictures that could not be read: ${last.unreadable}`);
  if (last && last.waitShare > 0.02) {
    warnings.push(
      `steps waited for data ${(last.waitShare * 100).toFixed(0)}% of the time; more --workers may help`,
    );
  }
  if (run.unreadableLines > 0) warnings.push(`lines of the log that cannot be read: ${run.unreadableLines}`);
  return warnings;
}

/** Every training and every evaluation below a folder, in order of their folders. Throws what {@link findRuns} throws. */
export async function listRuns(directory: string): Promise<(RunSummary | EvaluationSummary)[]> {
  const summaries = (await findRuns(directory)).map(
    async (folder) =>
      (await summariseEvaluation(folder)) ?? (await readRun(folder).then(summariseRun, () => undefined)),
  );
  return (await Promise.all(summaries)).filter((summary) => summary !== undefined);
}
