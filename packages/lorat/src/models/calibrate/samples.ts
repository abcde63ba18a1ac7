import type { Box, Tracker } from "@lorat/core";
import { iou, toCorners } from "@lorat/core/geometry";
import { listSequences } from "../../datasets/sequence.ts";
import { judgeClip } from "../../evaluate/procedural/procedural.ts";
import { DIFFICULTIES } from "../../synth/difficulty.ts";
import { synthesise } from "../../synth/synthesise.ts";
import { runSequence } from "../../trackers/one-pass.ts";
import { type PresenceSample, witnessed } from "./presence.ts";

/** One tracked frame: what the network's score was, and whether its box was right. */
export interface ScoreSample {
  /** The network's own, 0 to 1. */
  readonly score: number;
  /** With the truth; 0 where the target cannot be seen. */
  readonly overlap: number;
  /** What spoke for the box; of procedural clips alone. */
  readonly evidence?: PresenceSample["evidence"];
  /** Position of its clip, among those of the same difficulty. */
  readonly clip: number;
}

/** Seeds of the clips that scores are calibrated on: neither training scenes nor trials have them. */
const FIRST_SEED = 30_000;
const FORMAT = { width: 320, height: 240, frames: 50 } as const;

/** Tracks procedural clips of every difficulty; `clips` of each. Throws what the tracker throws. */
export async function proceduralSamples(
  tracker: Tracker,
  clips: number,
  onClip?: (done: number) => void,
): Promise<ScoreSample[]> {
  const samples: ScoreSample[] = [];
  const total = clips * DIFFICULTIES.length;
  for (let clip = 0; clip < total; clip++) {
    const difficulty = DIFFICULTIES[clip % DIFFICULTIES.length]!;
    const own = Math.floor(clip / DIFFICULTIES.length);
    const witness = witnessed(tracker);
    const judged = await judgeClip(witness.tracker, synthesise(FIRST_SEED + own, { ...FORMAT, difficulty }));
    for (const [i, { rawScore, box, truth }] of judged.slice(1).entries()) {
      const { relativeScore, relativeLikeness } = witness.evidence[i]!;
      const evidence = { relativeScore, relativeLikeness };
      samples.push({ score: rawScore, overlap: truth ? overlap(box, truth) : 0, clip: own, evidence });
    }
    onClip?.(clip + 1);
  }
  return samples;
}

/** Tracks annotated sequences of a folder. Throws what {@link listSequences} and the tracker throw. */
export async function sequenceSamples(tracker: Tracker, folder: string): Promise<ScoreSample[]> {
  const samples: ScoreSample[] = [];
  for (const [clip, sequence] of (await listSequences(folder)).entries()) {
    const { boxes, scores } = await runSequence(tracker, sequence);
    for (let i = 1; i < boxes.length; i++) {
      const seen = sequence.visible[i] && sequence.truth[i]!.width > 0;
      samples.push({ score: scores[i]!, overlap: seen ? overlap(boxes[i]!, sequence.truth[i]!) : 0, clip });
    }
  }
  return samples;
}

function overlap(a: Box, b: Box): number {
  return iou(toCorners(a), toCorners(b));
}
