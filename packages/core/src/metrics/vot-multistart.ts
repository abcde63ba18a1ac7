import { LoratError } from "@lorat/graph";
import { mean } from "./one-pass.ts";

/** One run of a tracker from an anchor to the end of the sequence, or back to its beginning. */
export interface MultiStartRun {
  /** Overlap of each frame in the run's own order, 0 to 1; the first one, where the tracker is told the box, is not read. */
  readonly overlaps: readonly number[];
  /** False where the target is absent: such a frame is never a failure. Default all true. */
  readonly present?: readonly boolean[];
}

/** All runs of one sequence. */
export interface MultiStartSequence {
  /** Frames of the whole sequence, its weight in the robustness of all. */
  readonly length: number;
  readonly runs: readonly MultiStartRun[];
}

export interface MultiStartOptions {
  /** Overlap up to which the target counts as lost; default 0.1. */
  readonly threshold?: number;
  /** Frames in a row that it must be lost to have failed; default 10. */
  readonly grace?: number;
  /** Lengths in frames that the expected average overlap is averaged over: `low` to `high`, `high` left out; default 115 and 755. */
  readonly low?: number;
  readonly high?: number;
}

/** The figures of the VOT short-term challenges since 2020, all in `[0, 1]`. */
export interface MultiStartScores {
  /** Mean overlap until failure. */
  readonly accuracy: number;
  /** Share of frames before failure. */
  readonly robustness: number;
  /** Expected average overlap. */
  readonly eao: number;
  /** Expected average overlap of runs of each length in frames, `[high]`; entry 0 is 0. */
  readonly eaoCurve: readonly number[];
}

/** Frames that the runs of a sequence visit: forward from each positive anchor, backward from each negative one. */
export function multiStartFrames(anchors: readonly number[]): number[][] {
  const forward = anchors.flatMap((anchor, i) => (anchor > 0 ? [i] : []));
  const backward = anchors.flatMap((anchor, i) => (anchor < 0 ? [i] : []));
  return [
    ...forward.map((start) => Array.from({ length: anchors.length - start }, (_, i) => start + i)),
    ...backward.map((start) => Array.from({ length: start + 1 }, (_, i) => start - i)),
  ];
}

/**
 * Accuracy, robustness and expected average overlap of the anchor-based (multi-start) experiment: a tracker is started at
 * anchors along a sequence and never reset. A run has failed once the overlap stayed at or below the threshold for `grace`
 * frames in a row; what came before counts.
 *
 * As in the toolkit, the first frame of a run counts as an overlap of 0, and a failed run shorter than a length is averaged over
 * one frame less than that length. Throws `METRICS_EMPTY` without sequences or runs, `METRICS_LENGTH` where flags and overlaps differ in
 * number. Source: Kristan et al., "The eighth visual object tracking VOT2020 challenge results", section 2.1; VOT toolkit, multi-start analyses.
 */
export function multiStartScores(
  sequences: readonly MultiStartSequence[],
  options: MultiStartOptions = {},
): MultiStartScores {
  const { threshold = 0.1, grace = 10, low = 115, high = 755 } = options;
  if (sequences.length === 0 || sequences.some(({ runs }) => runs.length === 0)) {
    throw new LoratError("METRICS_EMPTY", "every sequence needs at least one run");
  }
  let overlapSum = 0;
  let survived = 0;
  let robustness = 0;
  let frames = 0;
  const curve = new Float64Array(high);
  const active = new Float64Array(high);
  for (const { length, runs } of sequences) {
    let runsSurvived = 0;
    let runsLength = 0;
    for (const run of runs) {
      const overlaps = run.overlaps.map((overlap, i) => (i === 0 || Number.isNaN(overlap) ? 0 : overlap));
      const progress = framesBeforeFailure(overlaps, run.present, threshold, grace);
      runsSurvived += progress;
      runsLength += overlaps.length;
      for (let i = 0; i < progress; i++) overlapSum += overlaps[i]!;
      addToCurve(overlaps, progress, curve, active);
    }
    survived += runsSurvived;
    robustness += (runsSurvived / runsLength) * length;
    frames += length;
  }
  const eaoCurve = Array.from(curve, (sum, i) => (active[i]! > 0 ? sum / active[i]! : 0));
  return {
    accuracy: survived > 0 ? overlapSum / survived : 0,
    robustness: robustness / frames,
    eao: mean(eaoCurve.slice(low, high)),
    eaoCurve,
  };
}

function framesBeforeFailure(
  overlaps: readonly number[],
  present: readonly boolean[] | undefined,
  threshold: number,
  grace: number,
): number {
  if (overlaps.length === 0 || (present && present.length !== overlaps.length)) {
    throw new LoratError(
      "METRICS_LENGTH",
      `a run has ${overlaps.length} overlaps and ${present?.length ?? "no"} flags of presence`,
    );
  }
  let lost = 0;
  for (const [i, overlap] of overlaps.entries()) {
    lost = overlap <= threshold && (present?.[i] ?? true) ? lost + 1 : 0;
    if (lost === grace) return i + 1 - grace;
  }
  return overlaps.length;
}

/** Adds a run's mean overlap over its first frames, for each number of frames that it tells something about. */
function addToCurve(
  overlaps: readonly number[],
  progress: number,
  curve: Float64Array,
  active: Float64Array,
): void {
  const failed = progress < overlaps.length;
  let sum = 0;
  for (let length = 1; length < curve.length; length++) {
    if (length < overlaps.length) {
      if (length < progress) sum += overlaps[length]!;
      curve[length]! += sum / length;
    } else if (failed) {
      curve[length]! += sum / (length - 1);
    } else {
      return;
    }
    active[length]!++;
  }
}
