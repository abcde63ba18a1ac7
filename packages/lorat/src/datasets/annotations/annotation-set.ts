import type { ScoredKind } from "./benchmark.ts";

/** One sequence's annotation, as scoring needs it. */
export interface AnnotatedSequence {
  readonly name: string;
  /** `[frames, 4]`: x, y, width, height, pixels counted as in the benchmark's own files; NaN where there is no box. */
  readonly truth: Float64Array;
  /** `[frames]`: 0 where the benchmark flags the target as absent; undefined without flags. */
  readonly visible?: Uint8Array | undefined;
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Path of a frame's picture; undefined where the annotation is there without its pictures. */
  readonly picture?: ((frame: number) => string) | undefined;
  /** Short names of its attributes. */
  readonly attributes: readonly string[];
}

/** A benchmark's annotation without its pictures. */
export interface AnnotationSet {
  readonly kind: ScoredKind;
  /** `KIND:PATH`. */
  readonly name: string;
  readonly sequences: readonly AnnotatedSequence[];
  /** All attributes in the benchmark's order; none where it has none. */
  readonly attributes: readonly string[];
  /** Oddities that do not keep it from being used. */
  readonly warnings: readonly string[];
}
