import type { RunRecord, StepRecord } from "../records.ts";
import type { Scalar } from "./event.ts";

/** The reference's name of each number of a step (specification 3.1), ours where it logs none. */
const stepTags = {
  loss: "loss",
  bce: "Loss/bce",
  giou: "Loss/iou",
  iou: "iou",
  gradNorm: "grad_norm",
  learningRate: "lr",
  samplesPerSecond: "speed/samples_per_second",
  waitShare: "speed/waiting_share",
  memoryMb: "memory/process_mb",
  deviceMemoryMb: "memory/device_mb",
  skippedSteps: "precision/skipped_steps",
  lossScale: "precision/loss_scale",
  unreadable: "data/unreadable",
  ranks: "ranks/ranks",
  exchangedMb: "ranks/exchanged_mb",
  exchangeSeconds: "ranks/exchange_seconds",
  exchangeWaitSeconds: "ranks/exchange_wait_seconds",
} as const satisfies Record<Exclude<keyof StepRecord, "kind" | "step">, string>;

/** A record's numbers under the names that they have in TensorBoard. */
export function scalarsOf(record: RunRecord): Scalar[] {
  switch (record.kind) {
    case undefined:
      return Object.entries(stepTags).flatMap(([key, tag]) =>
        scalar(tag, record[key as keyof typeof stepTags]),
      );
    case "validation":
      return (["loss", "bce", "giou", "iou"] as const).flatMap((key) => [
        ...scalar(`val/${stepTags[key]}`, record[key]),
        ...scalar(`val_average/${stepTags[key]}`, record.average?.[key]),
      ]);
    case "tracking":
      return scalar("tracking/auc", record.auc);
    case "stem":
      return [
        ...scalar("loss", record.loss),
        ...scalar("stem/last_stage", record.lastStage),
        ...scalar("lr", record.learningRate),
      ];
    case "explained":
      return scalar("stem/explained", record.explained);
    case "warning":
      return [];
  }
}

function scalar(tag: string, value: number | undefined): Scalar[] {
  return value === undefined ? [] : [{ tag, value }];
}
