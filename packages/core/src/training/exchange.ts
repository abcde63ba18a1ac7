/** Which part of each batch a rank computes: the `rank`-th (from 0) of `ranks` equal parts, in the batch's order. */
export interface Share {
  readonly rank: number;
  readonly ranks: number;
}

/** How ranks that train one network together bring their parts of a step together. Every rank makes the same calls in the same order. */
export interface Exchange extends Share {
  /** Puts the sum over all ranks in the place of each number: the same bits on every rank. */
  sum(values: Float64Array): Promise<void>;
  /** The same for an update's gradients, which may be compressed on their way. */
  sumGradients(gradients: Float32Array): Promise<void>;
}
