import {
  abs,
  add,
  div,
  exp,
  type Graph,
  log,
  maximum,
  minimum,
  mul,
  neg,
  reduceSum,
  relu,
  reshape,
  slice,
  stopGradient,
  sub,
  type Tensor,
  type Value,
} from "@lorat/graph";
import { lossNames, targetNames } from "../graph-names.ts";
import type { ModelConfig } from "../model/config.ts";
import type { HeadOutput } from "../model/head/boxes.ts";

/** A batch's labels as graph values. */
export interface LossTargets {
  /** `[batch, Nx]`, 1 on positive cells. */
  readonly positives: Value;
  /** `[batch, 4]`, normalised `[x1, y1, x2, y2]`. */
  readonly boxes: Value;
  /** `[]`, positive cells in the batch (over all ranks), at least 1. */
  readonly positiveCount: Value;
}

/** Declares a batch's labels in a graph. */
export function lossTargets(graph: Graph, { variant }: ModelConfig, batch: number): LossTargets {
  return {
    positives: graph.input(targetNames.positives, [batch, variant.searchGrid ** 2]),
    boxes: graph.input(targetNames.boxes, [batch, 4]),
    positiveCount: graph.input(targetNames.positiveCount, []),
  };
}

/** The training loss and what it is made of. */
export interface Losses {
  /** `[]`: classification plus regression. */
  readonly total: Value;
  readonly classification: Value;
  readonly regression: Value;
  /** `[batch, Nx]`: the classification target. */
  readonly targetScores: Value;
  /** `[batch, Nx]`: binary cross-entropy of each cell. */
  readonly crossEntropy: Value;
  /** `[batch, Nx]`: IoU and GIoU of each cell's box with its target. */
  readonly iou: Value;
  readonly giou: Value;
}

/** Guards divisions by areas, as in the reference implementation. */
const smallestArea = 1e-6;

/**
 * LoRAT's loss (paper section 3.3, specification section 3.1): binary cross-entropy over all cells, whose target at
 * positive cells is the predicted box's IoU (or 1 when `iouAware` is off), plus GIoU loss at positive cells; both
 * divided by the number of positives.
 */
export function loratLoss(output: HeadOutput, targets: LossTargets, { iouAware = true } = {}): Losses {
  const [batch, grid] = output.scoreMap.shape as [number, number];
  const cells = grid ** 2;
  const logits = reshape(output.scoreMap, [batch, cells]);
  const { iou, giou } = overlap(
    reshape(output.boxes, [batch, cells, 4]),
    reshape(targets.boxes, [batch, 1, 4]),
  );
  const targetScores = iouAware ? mul(targets.positives, stopGradient(iou)) : targets.positives;
  const crossEntropy = binaryCrossEntropy(logits, targetScores);
  const classification = div(reduceSum(crossEntropy), targets.positiveCount);
  const regression = div(reduceSum(mul(targets.positives, sub(1, giou))), targets.positiveCount);
  const total = add(classification, regression);
  return { total, classification, regression, targetScores, crossEntropy, iou, giou };
}

/** Cross-entropy of a logit with a target in `[0, 1]`, without overflow: `max(s, 0) - s t + log(1 + e^-|s|)`. */
function binaryCrossEntropy(logits: Value, targets: Value): Value {
  const tail = log(add(exp(neg(abs(logits))), 1));
  return add(sub(relu(logits), mul(logits, targets)), tail);
}

/** IoU and generalised IoU of boxes `[batch, cells, 4]` and `[batch, 1, 4]`; each `[batch, cells]`. */
function overlap(predicted: Value, target: Value): { iou: Value; giou: Value } {
  const corner = (box: Value, from: number) => slice(box, from, from + 2, 2);
  const sides = (box: Value) => sub(corner(box, 2), corner(box, 0));
  const product = (size: Value) => {
    const flat = mul(slice(size, 0, 1, 2), slice(size, 1, 2, 2));
    return reshape(flat, flat.shape.slice(0, 2));
  };
  const low = maximum(corner(predicted, 0), corner(target, 0));
  const high = minimum(corner(predicted, 2), corner(target, 2));
  const intersection = product(relu(sub(high, low)));
  const union = sub(add(product(sides(predicted)), product(sides(target))), intersection);
  const guarded = maximum(union, smallestArea);
  const iou = div(intersection, guarded);
  const outerLow = minimum(corner(predicted, 0), corner(target, 0));
  const outerHigh = maximum(corner(predicted, 2), corner(target, 2));
  const enclosing = maximum(product(relu(sub(outerHigh, outerLow))), smallestArea);
  return { iou, giou: sub(iou, div(sub(enclosing, guarded), enclosing)) };
}

/** The loss's terms under their names, each `[]`. */
export function namedLosses(
  { total, classification, regression, iou }: Losses,
  { positives, positiveCount }: LossTargets,
): Record<string, Value> {
  return {
    [lossNames.loss]: total,
    [lossNames.bce]: classification,
    [lossNames.giou]: regression,
    [lossNames.iou]: div(reduceSum(mul(iou, positives)), positiveCount), // mean over positive cells
  };
}

/** The terms of one batch's loss, or their mean over batches. */
export interface LossTerms {
  readonly loss: number;
  readonly bce: number;
  readonly giou: number;
  /** Mean IoU of the predicted boxes at positive cells. */
  readonly iou: number;
}

/** Reads the loss terms off a session's outputs. */
export function lossTerms(results: Readonly<Record<string, Tensor>>): LossTerms {
  const value = (name: string) => Number(results[name]!.data[0]);
  return {
    loss: value(lossNames.loss),
    bce: value(lossNames.bce),
    giou: value(lossNames.giou),
    iou: value(lossNames.iou),
  };
}

/** Their mean over batches. */
export function meanTerms(all: readonly LossTerms[]): LossTerms {
  const mean = (key: keyof LossTerms) => all.reduce((sum, terms) => sum + terms[key], 0) / all.length;
  return { loss: mean("loss"), bce: mean("bce"), giou: mean("giou"), iou: mean("iou") };
}
