import type { Box, Frame } from "@lorat/core";
import { area, clipToImage, fromCorners } from "@lorat/core/geometry";
import { createRandom, type Random } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import { inventBackdrop } from "./backdrop.ts";
import { type Cast, composeScene } from "./compose.ts";
import { DIFFICULTIES, type Difficulty, difficultySettings } from "./difficulty.ts";
import { anyLook, type DomainName, domains, type Look } from "./domain.ts";
import { inventObject, photoSurface, proceduralSurface } from "./object.ts";
import { renderMoment, type Scene, targetBox } from "./scene.ts";
import { makeSprite, type Sprite } from "./sprite.ts";

/** What a procedural clip is to be like. */
export interface SynthOptions {
  /** Pixels; default: 640 x 360. */
  readonly width?: number;
  readonly height?: number;
  /** Default: 120. */
  readonly frames?: number;
  /** What makes it hard; default "plain". */
  readonly difficulty?: Difficulty;
  /** A world of its own, whose surfaces and motion replace the difficulty's and whose things are all invented. */
  readonly domain?: DomainName;
  /** Photographs for backgrounds and surfaces; without any, everything is invented. */
  readonly photos?: readonly Frame[];
  /** Pictures with transparency, for objects beside the invented ones. */
  readonly cutouts?: readonly Frame[];
}

/** One frame of a procedural clip with the truth about it. */
export interface SynthFrame {
  readonly frame: Frame;
  /** The whole target within the frame, hidden parts included; null where nothing of it can be seen. */
  readonly box: Box | null;
  /** Share of the target that can be seen, 0 to 1. */
  readonly visibility: number;
}

/** A procedural clip; frames are rendered when they are asked for, in any order. */
export interface SynthClip extends Iterable<SynthFrame> {
  readonly width: number;
  readonly height: number;
  readonly length: number;
  readonly difficulty: Difficulty;
  render(index: number): SynthFrame;
}

/**
 * Invents a clip: an object on its way over a background, with exact boxes. The same seed and options give the same bytes.
 * In the first frame the target is in full view. Throws `SYNTH_OPTION` for senseless sizes.
 */
export function synthesise(seed: number, options: SynthOptions = {}): SynthClip {
  const { width = 640, height = 360, frames = 120, difficulty = "plain" } = options;
  checkSize("width", width, 64);
  checkSize("height", height, 64);
  checkSize("frames", frames, 1);
  const level = DIFFICULTIES.indexOf(difficulty);
  if (level < 0)
    throw new LoratError(
      "SYNTH_OPTION",
      `difficulty must be one of ${DIFFICULTIES.join(", ")}, got ${difficulty}`,
    );
  const domain = options.domain && domains[options.domain];
  const look = domain?.look ?? anyLook;
  const photos = domain ? [] : (options.photos ?? []);
  const cutouts = domain ? [] : (options.cutouts ?? []).map(makeSprite);
  const random = createRandom(seed, level);
  const targetPx = random.logUniform(0.14, 0.34) * Math.min(width, height);
  const cast = inventCast(random, targetPx, { photos, cutouts, look });
  const background = photos.length
    ? random.choice(photos)
    : inventBackdrop(random, Math.round(width * 1.3), Math.round(height * 1.3), { look });
  const format = { width, height, frames, targetPx };
  let scene: Scene | undefined;
  for (let attempt = 0; attempt < 40; attempt++) {
    const random = createRandom(seed, level, attempt);
    const settings = domain?.settings ?? difficultySettings[difficulty];
    scene = composeScene({ random, format, settings }, cast, background);
    if (suits(scene, frames, difficulty)) break;
  }
  return clipOfScene(scene!, frames, difficulty, seed);
}

/** A scene as a clip; `seed` decides the sensor noise. Rendering throws `SYNTH_OPTION` for a frame it does not have. */
export function clipOfScene(scene: Scene, frames: number, difficulty: Difficulty, seed: number): SynthClip {
  const render = (index: number): SynthFrame => {
    if (!(Number.isInteger(index) && index >= 0 && index < frames)) {
      throw new LoratError("SYNTH_OPTION", `there is no frame ${index} in a clip of ${frames}`);
    }
    const { frame, box, visibility } = renderMoment(scene, index, createRandom(seed, index));
    return { frame: { ...frame, index }, box: box && fromCorners(box), visibility };
  };
  return {
    width: scene.width,
    height: scene.height,
    length: frames,
    difficulty,
    render,
    *[Symbol.iterator]() {
      for (let index = 0; index < frames; index++) yield render(index);
    },
  };
}

/** What a cast is made from. */
interface Props {
  readonly photos: readonly Frame[];
  readonly cutouts: readonly Sprite[];
  readonly look: Look;
}

function inventCast(random: Random, targetPx: number, { photos, cutouts, look }: Props): Cast {
  const sizePx = Math.min(Math.max(Math.round(targetPx * 1.5), 48), 320);
  const invent = (shape: number, dress: number) => {
    const own = createRandom(dress);
    const surface =
      photos.length > 0 && own.chance(0.6)
        ? photoSurface(own, own.choice(photos))
        : proceduralSurface(own, look);
    return inventObject(createRandom(shape), sizePx, surface);
  };
  const shape = random.uniform();
  const dress = random.uniform();
  const others = [0, 1, 2].map(() =>
    cutouts.length > 0 && random.chance(0.5)
      ? random.choice(cutouts)
      : invent(random.uniform(), random.uniform()),
  );
  if (cutouts.length > 0 && random.chance(0.6)) {
    const target = random.choice(cutouts);
    return { target, twins: [target], others };
  }
  // Relatives: the same build dressed otherwise, and the same dress on another build.
  const twins = [
    invent(shape, random.uniform()),
    invent(shape, random.uniform()),
    invent(random.uniform(), dress),
  ];
  return { target: invent(shape, dress), twins, others };
}

/** True when the first frame shows the whole target and the clip is as hard as its name says, but no harder. */
function suits(scene: Scene, frames: number, difficulty: Difficulty): boolean {
  if (shownShare(scene, 0) < 0.999) return false;
  const times = Array.from({ length: 24 }, (_, i) => Math.round((i * (frames - 1)) / 23));
  // A clip of a few frames has no room for an event.
  const eventful = frames >= 8;
  if (eventful && difficulty === "out-of-view" && !times.some((time) => shownShare(scene, time) === 0))
    return false;
  if (difficulty !== "out-of-view" && times.some((time) => shownShare(scene, time) < 0.5)) return false;
  const visibility = (time: number) => renderMoment(scene, time, createRandom(0)).visibility;
  if (visibility(0) < 0.9) return false;
  return !eventful || difficulty !== "occlusion" || times.some((time) => visibility(time) < 0.5);
}

function shownShare(scene: Scene, time: number): number {
  const box = targetBox(scene, time);
  return area(clipToImage(box, scene)) / Math.max(area(box), 1e-6);
}

function checkSize(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new LoratError("SYNTH_OPTION", `${name} must be a whole number of at least ${least}, got ${value}`);
}
