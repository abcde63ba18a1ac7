/** Names under which a network is fed, in every graph of it. */
export const inputNames = {
  /** `[batch, 3, templateSizePx, templateSizePx]`, ImageNet-normalised. */
  template: "template",
  /** `[batch, 3, searchSizePx, searchSizePx]`, ImageNet-normalised. */
  search: "search",
  /** `[batch, Nz]`, 1 on the target's cells. */
  templateMask: "template_mask",
  /** `[batch, 3, templateSizePx, templateSizePx]`: a recent view of the target, for networks with a reference. */
  reference: "reference",
  /** `[batch, Nz]`, 1 on the target's cells in the reference. */
  referenceMask: "reference_mask",
  /** `[batch]`, of the template half of networks with a reference: 0 for a template, 1 for a reference. */
  isReference: "is_reference",
  /** `[batch, ...templateMemoryShape]`: what the template half gave, for the search half alone. */
  templateMemory: "template_memory",
} as const;

/** Names of what a network gives. */
export const outputNames = {
  /** `[batch, grid, grid]`, logits. */
  scoreMap: "score_map",
  /** `[batch, grid, grid, 4]`, `[x1, y1, x2, y2]` as fractions of the search region. */
  boxes: "boxes",
  /** `[batch, ...templateMemoryShape]` for one template or reference: what stays the same of it, of the template half alone. */
  memory: "memory",
} as const;

/** Names of what a training or evaluation step is fed beside the network's inputs. */
export const targetNames = {
  /** `[batch, Nx]`, 1 on positive cells. */
  positives: "positives",
  /** `[batch, 4]`, normalised `[x1, y1, x2, y2]`. */
  boxes: "target_boxes",
  /** `[]`, at least 1. */
  positiveCount: "positive_count",
  /** The random choices of drop path. */
  dropPath: "drop_path",
  /** `[]`, mixed precision only: the factor on the loss before gradients are taken. */
  lossScale: "loss_scale",
} as const;

/** Names of a step's loss terms, each `[]`. */
export const lossNames = { loss: "loss", bce: "loss_bce", giou: "loss_giou", iou: "mean_iou" } as const;

/** Names under which a training step gives one batch's statistics of the batch normalisation at a place. */
export const statisticsNames = {
  mean: (path: string) => `statistics/${path}.mean`,
  variance: (path: string) => `statistics/${path}.var`,
} as const;

/** Names under which the optimiser's tensors are fed and come back; `gradient` is what a training step gives as well. */
export const optimizerNames = {
  parameter: (name: string) => name,
  gradient: (name: string) => `gradient/${name}`,
  mean: (name: string) => `exp_avg/${name}`,
  variance: (name: string) => `exp_avg_sq/${name}`,
  average: (name: string) => `ema/${name}`,
  updated: (name: string) => `updated/${name}`,
  /** `[groups]`: learning rate over the first moment's bias correction. */
  stepSizes: "step_sizes",
  /** `[groups]`: 1 - learning rate * weight decay. */
  decays: "decays",
  /** `[]`: square root of the second moment's bias correction. */
  correction: "correction",
  /** `[]`: share of the average that stays. */
  averageDecay: "average_decay",
  /** `[]`: what every gradient is multiplied by. */
  gradientFactor: "gradient_factor",
  /** Output `[]`: global L2 norm of the gradients before clipping. */
  gradNorm: "grad_norm",
} as const;
