import { Graph, gradient, mixedPrecision, mul, singleFromHere, type Value } from "@lorat/graph";
import { optimizerNames, statisticsNames, targetNames } from "../graph-names.ts";
import type { ModelConfig } from "../model/config.ts";
import { lorat, type NetworkInputs, namedOutputs, networkInputs } from "../model/lorat.ts";
import { type Parameter, parametersIn } from "../model/parameters.ts";
import { type Losses, type LossTargets, loratLoss, lossTargets, namedLosses } from "./loss.ts";
import { type Recompute, recomputed } from "./recompute.ts";

/** The training step of one model and batch size as a graph. */
export interface TrainingStep {
  readonly graph: Graph;
  readonly inputs: NetworkInputs;
  readonly targets: LossTargets;
  readonly losses: Losses;
  /** The parameters that train, in the graph's order. */
  readonly trainable: readonly Parameter[];
  /**
   * `loss`, `loss_bce`, `loss_giou`, `mean_iou` (over positives), `score_map`, `boxes`, and `gradient/NAME` for every
   * trainable parameter; batch statistics of convolutional heads as `statistics/PATH.mean` and `.var`.
   */
  readonly outputs: Readonly<Record<string, Value>>;
}

/** How a training step is built. */
export interface TrainingStepOptions {
  /** Whether the classification target is the predicted box's IoU; default: with the MLP head. */
  readonly iouAware?: boolean;
  /** Which parameters train; default: as their roles say. */
  readonly trainable?: (parameter: Parameter) => boolean;
  /**
   * Products in half precision ({@link mixedPrecision}), and gradients of the loss times the input `loss_scale`, so that
   * small ones are not lost.
   */
  readonly mixed?: boolean;
  /** Default: `none`. */
  readonly recompute?: Recompute;
  /** Samples of the whole batch, where this is the step of one rank's share of it. */
  readonly wholeBatch?: number | undefined;
}

/** Builds forward pass, loss and gradients (specification sections 3.1 and 3.6) into one graph. */
export function trainingStep(
  config: ModelConfig,
  batch: number,
  options: TrainingStepOptions = {},
): TrainingStep {
  const graph = new Graph();
  const inputs = networkInputs(graph, config, batch);
  const targets = lossTargets(graph, config, batch);
  const network = lorat(inputs, config, { training: true, wholeBatch: options.wholeBatch });
  const predicted = options.mixed
    ? { scoreMap: singleFromHere(network.scoreMap), boxes: singleFromHere(network.boxes) }
    : network;
  const losses = loratLoss(predicted, targets, { iouAware: options.iouAware ?? isIouAware(config) });
  const trainable = parametersIn(graph).filter(options.trainable ?? (({ role }) => role.trains));
  const scaled = options.mixed ? mul(losses.total, graph.input(targetNames.lossScale, [])) : losses.total;
  const gradients = gradient(scaled, trainable, {
    recomputed: recomputed(options.recompute ?? "none", network.stages),
  });
  const outputs = { ...namedLosses(losses, targets), ...namedOutputs(network) };
  for (const { path, mean, unbiasedVariance } of network.statistics) {
    outputs[statisticsNames.mean(path)] = mean;
    outputs[statisticsNames.variance(path)] = unbiasedVariance;
  }
  trainable.forEach(({ name }, i) => {
    outputs[optimizerNames.gradient(name)] = gradients[i]!;
  });
  const mixed = options.mixed ? mixedPrecision(outputs) : outputs;
  return { graph, inputs, targets, losses, trainable, outputs: mixed };
}

/** The loss of a batch without gradients. */
export interface EvaluationStep {
  readonly graph: Graph;
  /** `loss`, `loss_bce`, `loss_giou`, `mean_iou`. */
  readonly outputs: Readonly<Record<string, Value>>;
}

/** The training step's inputs and loss terms for a network as it is at inference: no drop path, running statistics. */
export function evaluationStep(
  config: ModelConfig,
  batch: number,
  { iouAware = isIouAware(config) }: Pick<TrainingStepOptions, "iouAware"> = {},
): EvaluationStep {
  const graph = new Graph();
  const inputs = networkInputs(graph, config, batch);
  const targets = lossTargets(graph, config, batch);
  const losses = loratLoss(lorat(inputs, config), targets, { iouAware });
  return { graph, outputs: namedLosses(losses, targets) };
}

function isIouAware({ head }: ModelConfig): boolean {
  return head.kind === "mlp";
}
