import { Graph, type Value } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { lorat, networkInputs } from "../model/lorat.ts";
import { loratLoss } from "./loss.ts";
import { lossTargets, meanAtPositives } from "./step.ts";

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
  { iouAware = config.head.kind === "mlp" }: { readonly iouAware?: boolean } = {},
): EvaluationStep {
  const graph = new Graph();
  const inputs = networkInputs(graph, config, batch);
  const targets = lossTargets(graph, config, batch);
  const losses = loratLoss(lorat(inputs, config), targets, { iouAware });
  const outputs = {
    loss: losses.total,
    loss_bce: losses.classification,
    loss_giou: losses.regression,
    mean_iou: meanAtPositives(losses.iou, targets),
  };
  return { graph, outputs };
}
