import { z } from "zod";

/** JSON has no NaN: a number that was not finite is written, and read back, as null. */
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? Number.NaN);
const maybe = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN)
  .optional();

const meanLosses = { loss: number, bce: number, giou: number, iou: number };

const stepRecord = z
  .object({
    /** Only the other records have one. */
    kind: z.undefined().optional(),
    /** Steps taken, counting this one. */
    step: z.number(),
    ...meanLosses,
    /** Mean IoU of the predicted boxes at positive cells. */
    iou: number,
    /** Global L2 norm of the gradients before clipping. */
    gradNorm: number,
    learningRate: number,
    samplesPerSecond: number,
    /** Share of the time so far that steps waited for data. */
    waitShare: number,
    /** Resident memory of the process, MB. */
    memoryMb: number,
    /** Memory of the accelerator, MB, where it can be known. */
    deviceMemoryMb: maybe,
    /** Steps so far whose gradients were not finite and that changed nothing. */
    skippedSteps: maybe,
    /** Factor on the loss in half precision. */
    lossScale: maybe,
    /** Pictures so far that could not be read. */
    unreadable: maybe,
    /** Of this step, where ranks train together: how many, and what passed between this one and the others. */
    ranks: maybe,
    exchangedMb: maybe,
    /** Seconds in exchanges, the wait for the slowest rank included. */
    exchangeSeconds: maybe,
    /** Of those, seconds until the slowest rank was there. */
    exchangeWaitSeconds: maybe,
  })
  .readonly();

const validationRecord = z
  .object({
    kind: z.literal("validation"),
    step: z.number(),
    ...meanLosses,
    /** The same of the averaged weights, where an average is kept. */
    average: z.object(meanLosses).readonly().optional(),
  })
  .readonly();

const trackingRecord = z
  .object({
    kind: z.literal("tracking"),
    step: z.number(),
    /** Mean area under the success curve, 0 to 1. */
    auc: number,
    /** The same for each sequence. */
    sequences: z.record(z.string(), number).readonly(),
  })
  .readonly();

const warningRecord = z
  .object({ kind: z.literal("warning"), step: z.number(), code: z.string(), message: z.string() })
  .readonly();

const stemRecord = z
  .object({
    kind: z.literal("stem"),
    step: z.number(),
    /** Every block on the teacher's input to it, or the blocks one after the other. */
    way: z.enum(["alone", "whole"]),
    loss: number,
    /** Mean square of the last stage's error, in units of the teacher's variance. */
    lastStage: number,
    gradNorm: number,
    learningRate: number,
    cropsPerSecond: number,
  })
  .readonly();

const explainedRecord = z
  .object({ kind: z.literal("explained"), step: z.number(), explained: number })
  .readonly();

const runRecord = z.union([
  stemRecord,
  explainedRecord,
  stepRecord,
  validationRecord,
  trackingRecord,
  warningRecord,
]);

/** What one optimiser step left behind; one line of `metrics.jsonl`. */
export type StepRecord = z.infer<typeof stepRecord>;
/** Mean losses over the held-out pairs. */
export type ValidationRecord = z.infer<typeof validationRecord>;
/** Success of whole tracked sequences. */
export type TrackingRecord = z.infer<typeof trackingRecord>;
/** Something that people should know when they read the curves. */
export type WarningRecord = z.infer<typeof warningRecord>;
/** One update of a stem's training. */
export type StemRecord = z.infer<typeof stemRecord>;
/** Share of the teacher's variance that a stem explains on photographs never trained on. */
export type ExplainedRecord = z.infer<typeof explainedRecord>;
/** A line of `metrics.jsonl`. */
export type RunRecord = z.infer<typeof runRecord>;

/** The record of a line; undefined for a line that a crash cut short, or that is no record. */
export function parseRecord(line: string): RunRecord | undefined {
  try {
    return runRecord.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
