import type { Tensor } from "@lorat/graph";

/** The terms of one batch's loss, or their mean over batches. */
export interface LossTerms {
  readonly loss: number;
  readonly bce: number;
  readonly giou: number;
  /** Mean IoU of the predicted boxes at positive cells. */
  readonly iou: number;
}

/** Loss terms by their names among the training step's outputs. */
const lossOutputs = { loss: "loss", bce: "loss_bce", giou: "loss_giou", iou: "mean_iou" } as const;

/** Reads the loss terms off a session's outputs. */
export function lossTerms(results: Readonly<Record<string, Tensor>>): LossTerms {
  const value = (name: string) => Number(results[name]!.data[0]);
  return {
    loss: value(lossOutputs.loss),
    bce: value(lossOutputs.bce),
    giou: value(lossOutputs.giou),
    iou: value(lossOutputs.iou),
  };
}

/** Their mean over batches. */
export function meanTerms(all: readonly LossTerms[]): LossTerms {
  const mean = (key: keyof LossTerms) => all.reduce((sum, terms) => sum + terms[key], 0) / all.length;
  return { loss: mean("loss"), bce: mean("bce"), giou: mean("giou"), iou: mean("iou") };
}
