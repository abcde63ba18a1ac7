import type { Box, Frame, TargetState, Tracker } from "@lorat/core";
import { compatibleOnePass } from "@lorat/core/metrics";
import { type SynthFrame, type SynthOptions, synthesise } from "../../synth/synthesise.ts";
import { follow, ownBoxes } from "../../trackers/follow.ts";

/** Which procedural clips a tracker is tried on. */
export interface ProceduralTrial extends SynthOptions {
  /** Clips; each has a seed of its own, counted from `firstSeed`. */
  readonly clips: number;
  /** Training scenes never come from these seeds' clips: they are composed from another stock. Default: 10,000. */
  readonly firstSeed?: number;
}

/** One clip's result. */
interface ProceduralScore {
  readonly seed: number;
  /** Success AUC, 0 to 1, over the frames that show the target. */
  readonly auc: number;
}

/** One frame of a clip, with the truth and with what a tracker said. */
export interface JudgedFrame {
  /** The whole target within the frame; null where nothing of it can be seen. */
  readonly truth: Box | null;
  /** Share of the target that can be seen, 0 to 1. */
  readonly visibility: number;
  /** The tracker's own box: clipped, possibly empty. */
  readonly box: Box;
  /** The network's own score, and the one that is reported. */
  readonly rawScore: number;
  readonly score: number;
  readonly state: TargetState;
}

/**
 * Tracks invented clips from their first box to their end and scores each (one-pass evaluation, specification section 5.2).
 * The clips are rendered as they are tracked; the same trial gives the same frames everywhere.
 */
export async function runProcedural(tracker: Tracker, trial: ProceduralTrial): Promise<ProceduralScore[]> {
  const { clips, firstSeed = 10_000, ...options } = trial;
  const scores: ProceduralScore[] = [];
  for (let seed = firstSeed; seed < firstSeed + clips; seed++) {
    const frames = await judgeClip(tracker, synthesise(seed, options));
    scores.push({ seed, auc: clipAuc(frames, `procedural-${seed}`) });
  }
  return scores;
}

/** Tracks a clip from its first box to its end; the first frame has the given box with a score of 1. */
export async function judgeClip(
  tracker: Pick<Tracker, "start">,
  clip: Iterable<SynthFrame>,
): Promise<JudgedFrame[]> {
  const shown: Pick<JudgedFrame, "truth" | "visibility">[] = [];
  const rendered = clip[Symbol.iterator]();
  const first = rendered.next();
  if (first.done) return [];
  function* frames(): Generator<Frame> {
    for (let next: IteratorResult<SynthFrame> = first as IteratorYieldResult<SynthFrame>; !next.done; ) {
      const { frame, box: truth, visibility } = next.value;
      shown.push({ truth, visibility });
      yield frame;
      next = rendered.next();
    }
  }
  const { boxes, scores, reported } = await follow(ownBoxes(tracker), frames(), first.value.box!);
  return shown.map((frame, i) => ({
    ...frame,
    box: boxes[i]!,
    rawScore: scores[i]!,
    ...(reported[i] ?? { score: 1, state: "tracked" }),
  }));
}

/** Success AUC, 0 to 1, over the frames that show the target. */
export function clipAuc(frames: readonly JudgedFrame[], name: string): number {
  const shown = frames.filter(({ truth }) => truth !== null);
  const sides = {
    predicted: shown.map(({ box }) => box),
    truth: shown.map(({ truth }) => truth!),
    visible: shown.map(() => true),
  };
  return compatibleOnePass(sides, name).scores.auc;
}

/** Mean AUC of some clips, 0 to 1. */
export function meanAuc(scores: readonly { readonly auc: number }[]): number {
  return scores.reduce((sum, { auc }) => sum + auc, 0) / Math.max(scores.length, 1);
}
