import type { Box } from "@lorat/core";
import { iou, toCorners } from "@lorat/core/geometry";
import type { JudgedFrame } from "./procedural.ts";

/** What a clip tells about a tracker's states. */
export interface LostFound {
  /**
   * For each disappearance of at least {@link SHORTEST_ABSENCE} frames: frames without the target until `lost` was said, the
   * first of them included; infinite where it was not said before the target came back.
   */
  readonly lostDelays: readonly number[];
  /** For each return: frames until `tracked` was said on a box that overlaps the target by half. */
  readonly returns: readonly Return[];
  /** Frames that show at least half of the target, tracked at an overlap of at least half, and those of them called lost. */
  readonly wellTracked: number;
  readonly falselyLost: number;
}

interface Return {
  /** In frames, the one of the return included; infinite where the clip, or the target's presence, ended before. */
  readonly delay: number;
  /** Whether it came back within two of its lengths from where it was last seen. */
  readonly near: boolean;
}

/** A shorter absence cannot be told from a blink. */
const SHORTEST_ABSENCE = 5;
/** Share of the target that must show again for it to count as back, and frames that it must stay to be asked for. */
const BACK_FROM = 0.5;
const SHORTEST_PRESENCE = 10;
const HALF = 0.5;

/** Delays and wrong alarms of one clip. */
export function lostFound(frames: readonly JudgedFrame[]): LostFound {
  const absences = spans(frames, ({ truth }) => truth === null).filter(
    ({ from, to }) => to - from >= SHORTEST_ABSENCE,
  );
  const tracked = frames.filter((frame) => frame.visibility >= BACK_FROM && overlap(frame) >= HALF);
  return {
    lostDelays: absences.map(({ from, to }) => delay(frames, from, to, ({ state }) => state === "lost")),
    returns: absences.flatMap((absence) => returnAfter(frames, absence) ?? []),
    wellTracked: tracked.length,
    falselyLost: tracked.filter(({ state }) => state === "lost").length,
  };
}

interface Span {
  readonly from: number;
  /** The frame after the last. */
  readonly to: number;
}

/** The return after an absence; undefined where the target stays for too short a time to be found again. */
function returnAfter(frames: readonly JudgedFrame[], { from, to }: Span): Return | undefined {
  let back = to;
  while (back < frames.length && frames[back]!.visibility < BACK_FROM) back++;
  let end = back;
  while (end < frames.length && frames[end]!.truth !== null) end++;
  if (end - back < SHORTEST_PRESENCE) return undefined;
  const found = (frame: JudgedFrame) => frame.state === "tracked" && overlap(frame) >= HALF;
  return {
    delay: delay(frames, back, end, found),
    near: isNear(frames[from - 1]!.truth!, frames[back]!.truth!),
  };
}

/** Frames from `from` to the first that satisfies, both included; infinite where none before `to` does. */
function delay(
  frames: readonly JudgedFrame[],
  from: number,
  to: number,
  satisfies: (frame: JudgedFrame) => boolean,
): number {
  for (let i = from; i < to; i++) if (satisfies(frames[i]!)) return i - from + 1;
  return Number.POSITIVE_INFINITY;
}

function spans(frames: readonly JudgedFrame[], inside: (frame: JudgedFrame) => boolean): Span[] {
  const found: Span[] = [];
  for (let from = 0; from < frames.length; from++) {
    if (!inside(frames[from]!)) continue;
    let to = from;
    while (to < frames.length && inside(frames[to]!)) to++;
    found.push({ from, to });
    from = to;
  }
  return found;
}

function overlap({ box, truth }: JudgedFrame): number {
  return truth ? iou(toCorners(box), toCorners(truth)) : 0;
}

function isNear(a: Box, b: Box): boolean {
  const size = Math.max(b.width, b.height);
  const dx = a.x + a.width / 2 - b.x - b.width / 2;
  const dy = a.y + a.height / 2 - b.y - b.height / 2;
  return Math.hypot(dx, dy) <= 2 * size;
}
