import { div, Graph, gradient, mul, reduceSum, type Value } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { lorat, type NetworkInputs, networkInputs } from "../model/lorat.ts";
import { type Losses, type LossTargets, loratLoss } from "./loss.ts";
import { mixedPrecision, singleFromHere } from "./mixed-precision.ts";
import { type Recompute, recomputed } from "./recompute.ts";
import { isTrainable } from "./trainable.ts";

/** The training step of one model and batch size as a graph. */
export interface TrainingStep {
  readonly graph: Graph;
  readonly inputs: NetworkInputs;
  readonly targets: LossTargets;
  readonly losses: Losses;
  /** Names and shapes of the trainable parameters, in the graph's order. */
  readonly trainable: readonly Value[];
  /**
   * `loss`, `loss_bce`, `loss_giou`, `mean_iou` (over positives), `score_map`, `boxes`, and `gradient/NAME` for every
   * trainable parameter; batch statistics of convolutional heads as `statistics/PATH.mean` and `.var`.
   */
  readonly outputs: Readonly<Record<string, Value>>;
}

export interface TrainingStepOptions {
  readonly iouAware?: boolean;
  /** Which parameters train; {@link isTrainable} when left out. */
  readonly trainable?: (name: string) => boolean;
  /**
   * Products in half precision ({@link mixedPrecision}), and gradients of the loss times the input `loss_scale`, so that
   * small ones are not lost.
   */
  readonly mixed?: boolean;
  /** Default `none`. */
  readonly recompute?: Recompute;
}

/** Name of the input by which the loss is multiplied in mixed precision before gradients are taken. */
export const lossScaleInput = "loss_scale";

/** Builds forward pass, loss and gradients (specification sections 3.1 and 3.6) into one graph. */
export function trainingStep(
  config: ModelConfig,
  batch: number,
  options: TrainingStepOptions = {},
): TrainingStep {
  const graph = new Graph();
  const inputs = networkInputs(graph, config, batch);
  const targets = lossTargets(graph, config, batch);
  const network = lorat(inputs, config, { training: true });
  const predicted = options.mixed
    ? { scoreMap: singleFromHere(network.scoreMap), boxes: singleFromHere(network.boxes) }
    : network;
  const losses = loratLoss(predicted, targets, { iouAware: options.iouAware ?? config.head.kind === "mlp" });
  const trains = options.trainable ?? ((name: string) => isTrainable(name, config));
  const trainable = [...graph.parameters.values()].filter(({ name }) => trains(name));
  const scaled = options.mixed ? mul(losses.total, graph.input(lossScaleInput, [])) : losses.total;
  const gradients = gradient(scaled, trainable, {
    recomputed: recomputed(options.recompute ?? "none", network.stages.blocks),
  });
  const outputs: Record<string, Value> = {
    loss: losses.total,
    loss_bce: losses.classification,
    loss_giou: losses.regression,
    mean_iou: meanAtPositives(losses.iou, targets),
    score_map: network.scoreMap,
    boxes: network.boxes,
  };
  for (const { path, mean, unbiasedVariance } of network.statistics) {
    outputs[`statistics/${path}.mean`] = mean;
    outputs[`statistics/${path}.var`] = unbiasedVariance;
  }
  trainable.forEach(({ name }, i) => {
    outputs[`gradient/${name}`] = gradients[i]!;
  });
  const mixed = options.mixed ? mixedPrecision(outputs) : outputs;
  return { graph, inputs, targets, losses, trainable, outputs: mixed };
}

/** Declares a batch's labels in a graph. */
export function lossTargets(graph: Graph, { variant }: ModelConfig, batch: number): LossTargets {
  return {
    positives: graph.input("positives", [batch, variant.searchGrid ** 2]),
    boxes: graph.input("target_boxes", [batch, 4]),
    positiveCount: graph.input("positive_count", []),
  };
}

/** Mean of a `[batch, Nx]` map over the positive cells. */
export function meanAtPositives(iou: Value, { positives, positiveCount }: LossTargets): Value {
  return div(reduceSum(mul(iou, positives)), positiveCount);
}
