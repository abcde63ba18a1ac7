/** What makes a procedural clip hard. */
export const DIFFICULTIES = [
  "plain",
  "occlusion",
  "distractors",
  "fast",
  "out-of-view",
  "low-light",
] as const;
/** What makes procedural clips hard. */
export type Difficulty = (typeof DIFFICULTIES)[number];

/** The numbers behind a difficulty; ranges are `[least, most]`. */
export interface DifficultySettings {
  /** Largest mean speed, target sizes per frame. */
  readonly speed: number;
  /** Frames of one turn of its path. */
  readonly period: readonly [number, number];
  /** Amplitudes of the logarithms of size and of proportions, and of the turn in radians. */
  readonly scaleChange: number;
  readonly aspectChange: number;
  readonly turn: number;
  /** Things that look like the target; things that do not; things that come in front of it. */
  readonly distractors: readonly [number, number];
  readonly bystanders: readonly [number, number];
  readonly occluders: readonly [number, number];
  /** Longer side of what hides the target, and how far off its middle it passes, in target sizes. */
  readonly occluderSize: readonly [number, number];
  readonly occluderOffset: number;
  /** True when the target leaves the picture and comes back. */
  readonly leaves: boolean;
  readonly brightness: number;
  /** Amplitude of the logarithm of the light over time; spread of light between objects. */
  readonly lightChange: number;
  readonly objectLight: number;
  readonly noise: number;
  readonly shutter: number;
  readonly blurChance: number;
  readonly compressionChance: number;
  /** Camera: slow pan in widths of the view, shake in pixels, zoom (logarithm), roll (radians). */
  readonly cameraPan: number;
  readonly cameraShakePx: number;
  readonly cameraZoom: number;
  readonly cameraRoll: number;
}

const plain: DifficultySettings = {
  speed: 0.06,
  period: [70, 160],
  scaleChange: 0.25,
  aspectChange: 0.1,
  turn: 0.25,
  distractors: [0, 0],
  bystanders: [0, 2],
  occluders: [0, 0],
  occluderSize: [0.5, 0.9],
  occluderOffset: 0.4,
  leaves: false,
  brightness: 1,
  lightChange: 0.1,
  objectLight: 0.12,
  noise: 5,
  shutter: 0.5,
  blurChance: 0.15,
  compressionChance: 0.3,
  cameraPan: 0.04,
  cameraShakePx: 1,
  cameraZoom: 0.05,
  cameraRoll: 0.02,
};

/** The settings of each difficulty. */
export const difficultySettings: Readonly<Record<Difficulty, DifficultySettings>> = {
  plain,
  occlusion: { ...plain, occluders: [2, 3], occluderSize: [1, 1.9], occluderOffset: 0.25 },
  distractors: { ...plain, distractors: [3, 6], bystanders: [0, 3] },
  fast: { ...plain, speed: 0.3, period: [18, 45], turn: 0.5, shutter: 0.9, cameraShakePx: 2.5 },
  "out-of-view": { ...plain, leaves: true },
  "low-light": { ...plain, brightness: 0.3, noise: 10, lightChange: 0.3 },
};

/** Settings between still life (strength 0) and everything at once (1), for training pairs. */
export function mixedSettings(strength: number): DifficultySettings {
  const part = (full: number) => full * strength;
  return {
    ...plain,
    speed: 0.05 + part(0.15),
    scaleChange: part(0.3),
    aspectChange: part(0.15),
    turn: part(0.4),
    distractors: [0, Math.round(part(3))],
    bystanders: [0, 1 + Math.round(part(2))],
    occluders: [0, Math.round(part(1))],
    occluderSize: [0.4, 1],
    occluderOffset: 0.6,
    lightChange: 0.05 + part(0.15),
    objectLight: 0.1 + part(0.1),
    noise: part(8),
    shutter: part(0.8),
    blurChance: part(0.2),
    compressionChance: part(0.15),
    cameraShakePx: part(2),
  };
}
