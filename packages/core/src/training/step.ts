import { div, Graph, gradient, mul, reduceSum, type Value } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { lorat, type NetworkInputs, networkInputs } from "../model/lorat.ts";
import { type Losses, type LossTargets, loratLoss } from "./loss.ts";
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
}

/** Builds forward pass, loss and gradients (specification sections 3.1 and 3.6) into one graph. */
export function trainingStep(
  config: ModelConfig,
  batch: number,
  options: TrainingStepOptions = {},
): TrainingStep {
  const graph = new Graph();
  const inputs = networkInputs(graph, config, batch);
  const cells = config.variant.searchGrid ** 2;
  const targets: LossTargets = {
    positives: graph.input("positives", [batch, cells]),
    boxes: graph.input("target_boxes", [batch, 4]),
    positiveCount: graph.input("positive_count", []),
  };
  const network = lorat(inputs, config, { training: true });
  const losses = loratLoss(network, targets, { iouAware: options.iouAware ?? config.head.kind === "mlp" });
  const trains = options.trainable ?? ((name: string) => isTrainable(name, config));
  const trainable = [...graph.parameters.values()].filter(({ name }) => trains(name));
  const gradients = gradient(losses.total, trainable);
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
  return { graph, inputs, targets, losses, trainable, outputs };
}

function meanAtPositives(iou: Value, { positives, positiveCount }: LossTargets): Value {
  return div(reduceSum(mul(iou, positives)), positiveCount);
}
