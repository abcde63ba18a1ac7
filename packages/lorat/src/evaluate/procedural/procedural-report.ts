import type { Tracker } from "@lorat/core";
import { bootstrapMeans, type Interval } from "@lorat/core/metrics";
import { DIFFICULTIES, type Difficulty } from "../../synth/difficulty.ts";
import { synthesise } from "../../synth/synthesise.ts";
import { type LostFound, lostFound } from "./lost-found.ts";
import { clipAuc, judgeClip } from "./procedural.ts";

/** Which clips, and how long. */
export interface ProceduralReportOptions {
  /** Clips of each difficulty; default: 40. */
  readonly clips?: number;
  /** Default: 10,000: the seeds of trials, which no training scene has. */
  readonly firstSeed?: number;
  /** Default: 80. */
  readonly frames?: number;
  /** Pixels; default: 320 x 240. */
  readonly width?: number;
  readonly height?: number;
  /** Default: all. */
  readonly difficulties?: readonly Difficulty[];
  /** Told after each clip how many are done. */
  readonly onClip?: (done: number, total: number) => void;
}

/** Share of delays that are no longer than a number of frames, and their median and 90th percentile. */
export interface DelaySummary {
  readonly count: number;
  /** In frames; null where it never came. */
  readonly median: number | null;
  readonly p90: number | null;
  /** Share within the frames that are asked for; NaN without any. */
  readonly inTime: number;
}

/** What one tracker did on one difficulty. */
export interface ProceduralRow {
  readonly difficulty: Difficulty | "all";
  readonly tracker: string;
  /** Success AUC, 0 to 1: the mean over clips, and its bootstrap interval of 95 %. */
  readonly auc: number;
  readonly interval: Interval;
  /** In time: within 5 frames. */
  readonly lost: DelaySummary;
  /** Of targets that came back near by, and of all; in time: within 10 frames. */
  readonly foundNear: DelaySummary;
  readonly found: DelaySummary;
  /** Share of the well-tracked frames that were called lost. */
  readonly falselyLost: number;
}

/** Frames within which a disappearance, and a return, should be told. */
const LOST_WITHIN = 5;
const FOUND_WITHIN = 10;

interface ClipResult extends LostFound {
  readonly difficulty: Difficulty;
  readonly auc: number;
}

/**
 * Tries trackers on the same procedural clips: success, delays of `lost` and `tracked`, and wrong alarms, for each
 * difficulty and over all. Each clip is rendered once. Throws what the trackers throw.
 */
export async function proceduralReport(
  trackers: Readonly<Record<string, Tracker>>,
  options: ProceduralReportOptions = {},
): Promise<ProceduralRow[]> {
  const { clips = 40, firstSeed = 10_000, frames = 80, width = 320, height = 240 } = options;
  const { difficulties = DIFFICULTIES, onClip } = options;
  const results = new Map(Object.keys(trackers).map((name) => [name, [] as ClipResult[]]));
  let done = 0;
  for (const difficulty of difficulties) {
    for (let seed = firstSeed; seed < firstSeed + clips; seed++) {
      const clip = [...synthesise(seed, { width, height, frames, difficulty })];
      for (const [name, tracker] of Object.entries(trackers)) {
        const judged = await judgeClip(tracker, clip);
        const auc = clipAuc(judged, `${difficulty}-${seed}`);
        results.get(name)!.push({ difficulty, auc, ...lostFound(judged) });
      }
      onClip?.(++done, difficulties.length * clips);
    }
  }
  return [...difficulties, "all" as const].flatMap((difficulty) =>
    [...results].map(([tracker, own]) =>
      summarise(
        difficulty,
        tracker,
        own.filter((clip) => difficulty === "all" || clip.difficulty === difficulty),
      ),
    ),
  );
}

function summarise(
  difficulty: Difficulty | "all",
  tracker: string,
  clips: readonly ClipResult[],
): ProceduralRow {
  const aucs = clips.map(({ auc }) => auc);
  const [interval] = bootstrapMeans(
    [aucs],
    aucs.map(() => 1),
  );
  const returns = clips.flatMap((clip) => clip.returns);
  const delays = (chosen: typeof returns) => chosen.map(({ delay }) => delay);
  const sum = (of: (clip: ClipResult) => number) => clips.reduce((total, clip) => total + of(clip), 0);
  return {
    difficulty,
    tracker,
    auc: sum(({ auc }) => auc) / clips.length,
    interval: interval!,
    lost: summariseDelays(
      clips.flatMap(({ lostDelays }) => lostDelays),
      LOST_WITHIN,
    ),
    foundNear: summariseDelays(delays(returns.filter(({ near }) => near)), FOUND_WITHIN),
    found: summariseDelays(delays(returns), FOUND_WITHIN),
    falselyLost: sum((clip) => clip.falselyLost) / sum((clip) => clip.wellTracked),
  };
}

/** The nearest-rank quantiles of delays and the share of those within `frames`. */
export function summariseDelays(delays: readonly number[], frames: number): DelaySummary {
  const sorted = [...delays].sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.ceil(share * sorted.length) - 1];
    return value === undefined || !Number.isFinite(value) ? null : value;
  };
  return {
    count: sorted.length,
    median: at(0.5),
    p90: at(0.9),
    inTime: sorted.filter((delay) => delay <= frames).length / sorted.length,
  };
}
