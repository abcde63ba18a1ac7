/** What one optimiser step left behind; one line of `metrics.jsonl`. */
export interface StepRecord {
  /** Only the other records have one. */
  readonly kind?: undefined;
  /** Steps taken, counting this one. */
  readonly step: number;
  readonly loss: number;
  readonly bce: number;
  readonly giou: number;
  /** Mean IoU of the predicted boxes at positive cells. */
  readonly iou: number;
  /** Global L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly samplesPerSecond: number;
  /** Share of the time so far that steps waited for data. */
  readonly waitShare: number;
  /** Resident memory of the process, MB. */
  readonly memoryMb: number;
  /** Memory of the accelerator, MB, where it can be known. */
  readonly deviceMemoryMb?: number;
  /** Steps so far whose gradients were not finite and that changed nothing. */
  readonly skippedSteps?: number;
  /** Factor on the loss in half precision. */
  readonly lossScale?: number;
  /** Pictures so far that could not be read. */
  readonly unreadable?: number;
}

/** Mean losses over some pairs. */
export interface MeanLosses {
  readonly loss: number;
  readonly bce: number;
  readonly giou: number;
  readonly iou: number;
}

/** Mean losses over the held-out pairs. */
export interface ValidationRecord extends MeanLosses {
  readonly kind: "validation";
  readonly step: number;
  /** The same of the averaged weights, where an average is kept. */
  readonly average?: MeanLosses;
}

/** Success of whole tracked sequences. */
export interface TrackingRecord {
  readonly kind: "tracking";
  readonly step: number;
  /** Mean area under the success curve, 0 to 1. */
  readonly auc: number;
  /** The same for each sequence. */
  readonly sequences: Readonly<Record<string, number>>;
}

/** Something that people should know of when they read the curves. */
export interface WarningRecord {
  readonly kind: "warning";
  readonly step: number;
  readonly code: string;
  readonly message: string;
}

/** One update of a stem's training. */
export interface StemRecord {
  readonly kind: "stem";
  readonly step: number;
  /** Every block on the teacher's input to it, or the blocks one after the other. */
  readonly way: "alone" | "whole";
  readonly loss: number;
  /** Mean square of the last stage's error, in units of the teacher's variance. */
  readonly lastStage: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly cropsPerSecond: number;
}

/** Share of the teacher's variance that a stem explains on photographs never trained on. */
export interface ExplainedRecord {
  readonly kind: "explained";
  readonly step: number;
  readonly explained: number;
}

/** A line of `metrics.jsonl`. */
export type RunRecord =
  | StemRecord
  | ExplainedRecord
  | StepRecord
  | ValidationRecord
  | TrackingRecord
  | WarningRecord;

/** The record of a line, undefined for one that a crash cut short. */
export function parseRecord(line: string): RunRecord | undefined {
  try {
    const record = JSON.parse(line) as RunRecord | null;
    return typeof record?.step === "number" ? record : undefined;
  } catch {
    return undefined;
  }
}
