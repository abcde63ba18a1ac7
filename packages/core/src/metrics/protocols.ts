import { LoratError } from "@lorat/graph";

/** What a frame without a usable true box counts as: nothing at all, or a failure that may still be a hit in a precision. */
export type FrameRule =
  | "left-out"
  | { readonly precision: "hit" | "miss"; readonly normalisedPrecision: "hit" | "miss" };

/** Everything that ways of one-pass evaluation differ in. */
export interface Conventions {
  /** `given`: the tracker's first box is taken to be the true one. */
  readonly firstFrame: "scored" | "given" | "left-out";
  /** A predicted box with NaN or without area: the box before it, a miss in every figure, or computed with as it is. */
  readonly invalidPrediction: "previous" | "miss" | "as-is";
  /** A true box counts where it has an area; or is finite as well; or where all its four numbers are above 0. */
  readonly truth: "area" | "finite" | "positive";
  /** Frames that the data set flags as absent; `scored` where the flags are not looked at. */
  readonly absentFrames: "scored" | FrameRule;
  /** Other frames whose true box does not count. */
  readonly invalidFrames: FrameRule;
  /** `pixels`: the last pixel of a box lies at `x + width - 1`, its centre half a pixel before that of `continuous` ones. */
  readonly rectangle: "pixels" | "continuous";
  /** Whether overlaps at a threshold are successes; none at all is never one. */
  readonly success: "above" | "at-or-above";
  /** Number of overlap thresholds from 0 to 1. */
  readonly successThresholds: number;
  /** Boxes are cut to the picture first, where its size is known. */
  readonly clipped: boolean;
  /** What the mean of a data set gives the same weight. */
  readonly mean: "sequences" | "frames";
  /** Number format of the curves. */
  readonly curves: "float32" | "float64";
}

/** Names of the protocols. */
export const PROTOCOL_NAMES = ["toolkit", "stark", "visible", "got10k", "continuous"] as const;
/** One of {@link PROTOCOL_NAMES}. */
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

/** A named, versioned set of conventions, and where kinds of data sets differ from it. */
export interface Protocol {
  readonly name: ProtocolName;
  /** Raised whenever a convention changes. */
  readonly version: number;
  /** One line for tables. */
  readonly summary: string;
  readonly conventions: Conventions;
  readonly exceptions: Readonly<Record<string, Partial<Conventions>>>;
}

const MISS: FrameRule = { precision: "miss", normalisedPrecision: "miss" };
const HIT: FrameRule = { precision: "hit", normalisedPrecision: "hit" };
const NORMALISED_HIT: FrameRule = { precision: "miss", normalisedPrecision: "hit" };

const TOOLKIT: Conventions = {
  firstFrame: "given",
  invalidPrediction: "previous",
  truth: "positive",
  absentFrames: MISS,
  invalidFrames: HIT,
  rectangle: "pixels",
  success: "above",
  successThresholds: 21,
  clipped: false,
  mean: "sequences",
  curves: "float64",
};

/** These count pixels from 0, where a box at the picture's border is as good as any. */
const FROM_ZERO = Object.fromEntries(
  ["folder", "got10k", "trackingnet", "vot"].map((kind) => [kind, { truth: "area" } as const]),
);

/** The protocols by name. Sources: specification 5.2, 5.3; the conventions of the benchmarks' own toolkits. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  toolkit: {
    name: "toolkit",
    version: 1,
    summary: "the benchmarks' own toolkits, as papers print: all frames in the denominator, IoU > t",
    conventions: TOOLKIT,
    exceptions: FROM_ZERO,
  },
  stark: {
    name: "stark",
    version: 1,
    summary: "as PyTracking, STARK and LoRAT report: all frames in the denominator, IoU > t, float32 curves",
    conventions: {
      ...TOOLKIT,
      firstFrame: "scored",
      invalidPrediction: "as-is",
      truth: "area",
      absentFrames: "scored",
      invalidFrames: NORMALISED_HIT,
      curves: "float32",
    },
    exceptions: {
      lasot: { absentFrames: MISS },
      vasttrack: { absentFrames: MISS },
      lasot_ext: { absentFrames: NORMALISED_HIT },
      uav123: { invalidFrames: HIT },
    },
  },
  visible: {
    name: "visible",
    version: 1,
    summary: "only frames that show the target count, IoU > t",
    conventions: { ...TOOLKIT, absentFrames: "left-out", invalidFrames: "left-out" },
    exceptions: FROM_ZERO,
  },
  got10k: {
    name: "got10k",
    version: 1,
    summary:
      "as GOT-10k's toolkit: first frame left out, boxes cut to the picture, mean over all visible frames",
    conventions: {
      firstFrame: "left-out",
      invalidPrediction: "as-is",
      truth: "area",
      absentFrames: "left-out",
      invalidFrames: "left-out",
      rectangle: "continuous",
      success: "above",
      successThresholds: 101,
      clipped: true,
      mean: "frames",
      curves: "float64",
    },
    exceptions: {},
  },
  continuous: {
    name: "continuous",
    version: 1,
    summary: "LoRAT's own: only frames that show the target count, IoU >= t, invalid boxes are misses",
    conventions: {
      firstFrame: "scored",
      invalidPrediction: "miss",
      truth: "finite",
      absentFrames: "left-out",
      invalidFrames: "left-out",
      rectangle: "continuous",
      success: "at-or-above",
      successThresholds: 21,
      clipped: false,
      mean: "sequences",
      curves: "float64",
    },
    exceptions: {},
  },
};

/** A protocol by its name. Throws `METRICS_PROTOCOL`. */
export function protocolOf(name: string): Protocol {
  if (Object.hasOwn(PROTOCOLS, name)) return PROTOCOLS[name as ProtocolName];
  throw new LoratError("METRICS_PROTOCOL", `expected a protocol, found ${JSON.stringify(name)}`, {
    hint: `The protocols are ${PROTOCOL_NAMES.join(", ")}.`,
  });
}

/** A protocol's conventions for a kind of data set (`lasot`, `uav123`, …; any other has the general ones). */
export function conventionsOf({ conventions, exceptions }: Protocol, kind: string): Conventions {
  return Object.hasOwn(exceptions, kind) ? { ...conventions, ...exceptions[kind] } : conventions;
}
