import type { CalibrationPair } from "@lorat/core";
import { synthesise } from "../../synth/synthesise.ts";

/** Training and evaluation draw their procedural clips from other seeds. */
const firstSeed = 20_000;
const clips = 16;
/** Frames of a clip that a target is started on, and how many frames later it is looked for. */
const starts = [0, 12, 24] as const;
const later = 4;

/** Targets of procedural clips, each with the frame that it is to be found on; the same everywhere. */
export function calibrationPairs(): CalibrationPair[] {
  return Array.from({ length: clips }, (_, i) => {
    const clip = synthesise(firstSeed + i, { frames: starts.at(-1)! + later + 1 });
    return starts.flatMap((start): CalibrationPair[] => {
      const [first, next] = [clip.render(start), clip.render(start + later)];
      return first.box && next.box ? [{ first: first.frame, box: first.box, next: next.frame }] : [];
    });
  }).flat();
}
