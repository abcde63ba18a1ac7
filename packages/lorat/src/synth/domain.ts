import { type DifficultySettings, difficultySettings } from "./difficulty.ts";

/** What surfaces look like. */
export interface Look {
  /** Relative weights of plain, cloudy, striped, chequered, dotted and cellular surfaces. */
  readonly patterns: readonly [number, number, number, number, number, number];
  /** Ranges of saturation and lightness, 0 to 1. */
  readonly saturation: readonly [least: number, most: number];
  readonly lightness: readonly [least: number, most: number];
}

/** Everything that can be invented. */
export const anyLook: Look = {
  patterns: [1.5, 4, 3, 1, 1.5, 2],
  saturation: [0, 0.85],
  lightness: [0.12, 0.88],
};

/** A procedural world of its own: for trials of adaptation from one to another. */
interface Domain {
  readonly look: Look;
  readonly settings: DifficultySettings;
}

/** The names of {@link domains}. */
export const DOMAINS = ["meadow", "fair"] as const;
export type DomainName = (typeof DOMAINS)[number];

/**
 * Two worlds that have neither textures nor motion in common: on the `meadow` muted clouds and cells drift alone, at the
 * `fair` gaudy stripes, checks and dots whirl among others like them, in front of a camera that shakes.
 */
export const domains: Readonly<Record<DomainName, Domain>> = {
  meadow: {
    look: { patterns: [1, 5, 0, 0, 0, 3], saturation: [0, 0.35], lightness: [0.2, 0.8] },
    settings: { ...difficultySettings.plain, bystanders: [0, 1], noise: 3 },
  },
  fair: {
    look: { patterns: [0, 0, 4, 3, 3, 0], saturation: [0.3, 1], lightness: [0.1, 0.9] },
    settings: {
      ...difficultySettings.plain,
      speed: 0.2,
      period: [24, 70],
      scaleChange: 0.4,
      aspectChange: 0.2,
      turn: 0.6,
      distractors: [4, 6],
      bystanders: [1, 3],
      occluders: [0, 1],
      occluderSize: [0.4, 0.8],
      lightChange: 0.25,
      noise: 9,
      shutter: 0.8,
      cameraShakePx: 2.5,
    },
  },
};
