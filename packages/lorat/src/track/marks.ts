import type { TrackResult } from "@lorat/core";
import type { Mark } from "../media/overlay.ts";

/** What is drawn for the results of a frame; numbered where there are several targets. */
export function marksOf(results: readonly TrackResult[]): Mark[] {
  return results.map(({ box, score, state }, i) => {
    return { box, score, state, ...(results.length > 1 && { label: `#${i + 1}` }) };
  });
}
