import { LoratError } from "@lorat/graph";
import { type AnnotatedBox, between, MOST_FRAMES } from "./clip.ts";

/** A target at a frame that somebody has looked at; undefined where it is absent from there on. */
export interface Keyframe {
  readonly frame: number;
  readonly found: AnnotatedBox | undefined;
  /** Whether it stays where it is until the next one; default: it moves evenly. */
  readonly holds?: "even" | "none";
}

/** Boxes of all frames from keyframes in any order: between two of them a target moves evenly, unless it is absent. Throws `BOXES_FRAME`. */
export function filled(keyframes: readonly Keyframe[]): Map<number, AnnotatedBox> {
  const sorted = [...keyframes].sort((a, b) => a.frame - b.frame);
  const out = new Map<number, AnnotatedBox>();
  sorted.forEach(({ frame, found, holds = "even" }, i) => {
    if (!found) return;
    out.set(frame, found);
    const next = sorted[i + 1];
    if (!next || holds === "none") return;
    if (!(next.frame - frame <= MOST_FRAMES)) {
      throw new LoratError("BOXES_FRAME", `frames ${frame} and ${next.frame} are too far apart for one clip`);
    }
    // Up to where it leaves it stays as it was.
    const end = next.found ?? found;
    for (let at = frame + 1; at < next.frame; at++) {
      const box = between(found.box, end.box, (at - frame) / (next.frame - frame));
      out.set(at, { ...found, box });
    }
  });
  return out;
}
