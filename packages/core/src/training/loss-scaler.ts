/** Where dynamic loss scaling stands; plain data, kept in checkpoints. */
export interface LossScale {
  /** Factor on the loss before gradients are taken. */
  readonly scale: number;
  /** Updates in a row whose gradients were finite, since the factor last changed. */
  readonly goodSteps: number;
}

/** The start of dynamic loss scaling, as in the reference's scaler (specification section 3.6). */
export const initialLossScale: LossScale = { scale: 65536, goodSteps: 0 };

/** Good updates in a row after which the factor doubles. */
export const lossScaleGrowthSteps = 2000;

/** The scale after an update: halved where its gradients were not finite, doubled after many good ones in a row. */
export function nextLossScale({ scale, goodSteps }: LossScale, finite: boolean): LossScale {
  if (!finite) return { scale: scale / 2, goodSteps: 0 };
  if (goodSteps + 1 < lossScaleGrowthSteps) return { scale, goodSteps: goodSteps + 1 };
  return { scale: scale * 2, goodSteps: 0 };
}
