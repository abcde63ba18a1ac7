import { type Box, compatibleOnePass, type Tracker } from "@lorat/core";
import { type SynthOptions, synthesise } from "../synth/synthesise.ts";
import { follow, ownBoxes } from "./follow.ts";

/** Which procedural clips a tracker is tried on. */
export interface ProceduralTrial extends SynthOptions {
  /** Clips; each has a seed of its own, counted from `firstSeed`. */
  readonly clips: number;
  /** Training scenes never come from these seeds' clips: they are composed from another stock. Default 10,000. */
  readonly firstSeed?: number;
}

/** One clip's result. */
export interface ProceduralScore {
  readonly seed: number;
  /** Success AUC, 0 to 1, over the frames that show the target. */
  readonly auc: number;
}

/** Nothing of the target can be seen: such frames do not count. */
const absent: Box = { x: 0, y: 0, width: 0, height: 0 };

/**
 * Tracks invented clips from their first box to their end and scores each (one-pass evaluation, specification section 5.2).
 * The clips are rendered as they are tracked; the same trial gives the same frames everywhere.
 */
export async function runProcedural(tracker: Tracker, trial: ProceduralTrial): Promise<ProceduralScore[]> {
  const { clips, firstSeed = 10_000, ...options } = trial;
  const scores: ProceduralScore[] = [];
  for (let seed = firstSeed; seed < firstSeed + clips; seed++) {
    const truth: Box[] = [];
    const visible: boolean[] = [];
    const clip = synthesise(seed, options);
    const frames = function* () {
      for (const { frame, box } of clip) {
        truth.push(box ?? absent);
        visible.push(box !== null);
        yield frame;
      }
    };
    const { boxes: predicted } = await follow(ownBoxes(tracker), frames(), clip.render(0).box!);
    const seen = <T>(values: readonly T[]) => values.filter((_, i) => visible[i]);
    const { scores: one } = compatibleOnePass(
      { predicted: seen(predicted), truth: seen(truth), visible: seen(visible) },
      `procedural-${seed}`,
    );
    scores.push({ seed, auc: one.auc });
  }
  return scores;
}

/** Mean AUC of some clips, 0 to 1. */
export function meanAuc(scores: readonly { readonly auc: number }[]): number {
  return scores.reduce((sum, { auc }) => sum + auc, 0) / Math.max(scores.length, 1);
}
