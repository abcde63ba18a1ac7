import type { Frame } from "@lorat/core";
import type { Colour } from "@lorat/core/geometry";
import type { Random } from "@lorat/core/training";
import type { DifficultySettings } from "./difficulty.ts";
import { spriteBox } from "./draw-sprite.ts";
import { plateau, wander } from "./motion.ts";
import type { Actor, CameraState, Scene } from "./scene.ts";
import type { Sprite } from "./sprite.ts";

/** Who plays in a scene. */
export interface Cast {
  readonly target: Sprite;
  /** Things that resemble the target; never empty. */
  readonly twins: readonly Sprite[];
  /** Things that do not; never empty. */
  readonly others: readonly Sprite[];
}

/** Size and length of a scene. */
interface SceneFormat {
  readonly width: number;
  readonly height: number;
  /** Frames that it should fill with events. */
  readonly frames: number;
  /** Longer side of the target about, pixels. */
  readonly targetPx: number;
}

/** What a scene is composed with. */
export interface SceneDraft {
  readonly random: Random;
  readonly format: SceneFormat;
  readonly settings: DifficultySettings;
}

/** Composes a scene: a target on its way, what resembles it, what hides it, camera and light. */
export function composeScene(draft: SceneDraft, cast: Cast, background: Frame): Scene {
  const { random, format, settings } = draft;
  const { width, height } = format;
  const target = targetActor(random, format, settings, cast.target);
  const beside = (range: readonly [number, number], sprites: readonly Sprite[]) =>
    Array.from({ length: draw(random, range) }, () => distractorActor(draft, random.choice(sprites), target));
  const around = [...beside(settings.distractors, cast.twins), ...beside(settings.bystanders, cast.others)];
  const behind = around.filter(() => random.chance(0.75));
  const inFront = around.filter((actor) => !behind.includes(actor));
  const occluders = Array.from({ length: draw(random, settings.occluders) }, (_, i) =>
    occluderActor(draft, random.choice(cast.others), target, i),
  );
  const fit = Math.min(background.width / width, background.height / height);
  const tint: Colour = [random.uniform(0.92, 1.08), 1, random.uniform(0.92, 1.08)];
  const light = wander(random, settings.lightChange, Math.max(format.frames, 30));
  const vignette = random.uniform(0, 0.3);
  const noise = random.uniform(0, settings.noise);
  return {
    width,
    height,
    background,
    backgroundScale: fit * random.uniform(0.7, 0.95),
    camera: shake(random, settings, width),
    actors: [...behind, target, ...inFront, ...occluders],
    target: behind.length,
    shutter: settings.shutter * random.uniform(0.5, 1),
    development: (time) => {
      const gain = settings.brightness * Math.exp(light(time));
      return { gain: [gain * tint[0], gain * tint[1], gain * tint[2]], vignette, noise };
    },
    blur: random.chance(settings.blurChance) ? random.uniform(1, 2.5) : 0,
    compression: random.chance(settings.compressionChance) ? random.logUniform(4, 30) : 0,
  };
}

function targetActor(
  random: Random,
  format: SceneFormat,
  settings: DifficultySettings,
  sprite: Sprite,
): Actor {
  const { width, height, frames, targetPx } = format;
  const period = random.uniform(settings.period[0], settings.period[1]);
  const reach = (settings.speed * random.uniform(0.4, 1) * targetPx * period) / 4;
  const pathX = wander(random, Math.min(reach, width * 0.4), period);
  const pathY = wander(random, Math.min(reach * random.uniform(0.2, 1), height * 0.35), period);
  const homeX = random.uniform(0.3, 0.7) * width;
  const homeY = random.uniform(0.3, 0.7) * height;
  const leaves = settings.leaves ? exits(random, frames) : () => 0;
  const side = random.chance(0.5) ? -1 : 1;
  const away = side * (width / 2 + targetPx * 1.3);
  const posture = movingPosture(random, settings, sprite, targetPx);
  return {
    sprite,
    gain: anyGain(random, settings.objectLight),
    shadow: random.chance(0.4) ? random.uniform(0.1, 0.5) : 0,
    pose: (time) => {
      const out = leaves(time);
      return {
        x: (homeX + pathX(time)) * (1 - out) + (width / 2 + away) * out,
        y: homeY + pathY(time),
        ...posture(time),
      };
    },
  };
}

/** Away once or twice, never during the first fifth. */
function exits(random: Random, frames: number) {
  const flank = frames * 0.08;
  const first = plateau(frames * random.uniform(0.2, 0.3), frames * random.uniform(0.42, 0.52), flank);
  const second = plateau(frames * random.uniform(0.65, 0.72), frames * random.uniform(0.86, 0.95), flank);
  return random.chance(0.5) ? first : (time: number) => Math.max(first(time), second(time));
}

function distractorActor({ random, format, settings }: SceneDraft, sprite: Sprite, target: Actor): Actor {
  const { width, height, targetPx } = format;
  const period = random.uniform(settings.period[0], settings.period[1]);
  const reach = (settings.speed * random.uniform(0.2, 1) * targetPx * period) / 4;
  const pathX = wander(random, Math.min(reach, width * 0.3), period);
  const pathY = wander(random, Math.min(reach, height * 0.3), period);
  const start = target.pose(0);
  const distance = targetPx * random.logUniform(1.1, 3);
  const direction = random.uniform(0, 2 * Math.PI);
  const posture = movingPosture(random, settings, sprite, targetPx * random.uniform(0.7, 1.3));
  // Starts clear of the target, so that the first frame is never in doubt.
  const homeX = start.x + Math.cos(direction) * distance - pathX(0);
  const homeY = start.y + Math.sin(direction) * distance - pathY(0);
  return {
    sprite,
    gain: anyGain(random, settings.objectLight * 1.5),
    shadow: 0,
    pose: (time) => ({ x: homeX + pathX(time), y: homeY + pathY(time), ...posture(time) }),
  };
}

/** Something that stands in the target's way, or crosses it, at some time well after the start. */
function occluderActor(
  { random, format, settings }: SceneDraft,
  sprite: Sprite,
  target: Actor,
  order: number,
): Actor {
  const meeting = format.frames * Math.min(random.uniform(0.25, 0.5) + order * 0.25, 0.95);
  const place = target.pose(meeting);
  const first = target.pose(0);
  const offset = settings.occluderOffset * format.targetPx;
  const crossing =
    random.chance(0.6) || Math.hypot(place.x - first.x, place.y - first.y) < format.targetPx * 1.4;
  const speed = crossing ? (random.chance(0.5) ? -1 : 1) * format.targetPx * random.uniform(0.04, 0.12) : 0;
  const angle = random.uniform(0, 2 * Math.PI);
  const x = place.x + random.uniform(-offset, offset);
  const y = place.y + random.uniform(-offset, offset);
  const scale =
    (format.targetPx * random.uniform(settings.occluderSize[0], settings.occluderSize[1])) / longer(sprite);
  const stretch = Math.exp(random.normal(0, 0.35));
  return {
    sprite,
    gain: anyGain(random, settings.objectLight * 2),
    shadow: 0,
    pose: (time) => ({
      x: x + Math.cos(angle) * speed * (time - meeting),
      y: y + Math.sin(angle) * speed * (time - meeting),
      scaleX: scale * stretch,
      scaleY: scale / stretch,
      angleRad: angle * 0.2,
    }),
  };
}

/** Size, proportions and turn over time. */
function movingPosture(random: Random, settings: DifficultySettings, sprite: Sprite, sizePx: number) {
  const base = (sizePx * Math.exp(random.normal(0, 0.1))) / longer(sprite);
  const size = wander(random, settings.scaleChange, random.uniform(60, 200));
  const stretch = wander(random, settings.aspectChange, random.uniform(40, 120));
  const turn = wander(random, settings.turn, random.uniform(40, 160));
  const upright = random.normal(0, settings.turn * 0.5);
  const mirrored = random.chance(0.5);
  return (time: number) => ({
    scaleX: base * Math.exp(size(time) + stretch(time)),
    scaleY: base * Math.exp(size(time) - stretch(time)),
    angleRad: upright + turn(time),
    mirrored,
  });
}

function shake(random: Random, settings: DifficultySettings, width: number): (time: number) => CameraState {
  const pan = settings.cameraPan * width;
  const panX = wander(random, pan, random.uniform(80, 200));
  const panY = wander(random, pan * 0.4, random.uniform(80, 200));
  const jerkX = wander(random, settings.cameraShakePx, random.uniform(6, 14));
  const jerkY = wander(random, settings.cameraShakePx, random.uniform(6, 14));
  const zoom = wander(random, settings.cameraZoom, random.uniform(80, 240));
  const roll = wander(random, settings.cameraRoll, random.uniform(30, 90));
  return (time) => ({
    x: panX(time) + jerkX(time),
    y: panY(time) + jerkY(time),
    zoom: Math.exp(zoom(time)),
    angleRad: roll(time),
  });
}

function longer(sprite: Sprite): number {
  const [x1, y1, x2, y2] = spriteBox(sprite, { x: 0, y: 0, scaleX: 1, scaleY: 1, angleRad: 0 });
  return Math.max(x2 - x1, y2 - y1);
}

function anyGain(random: Random, spread: number): Colour {
  const light = Math.exp(random.normal(0, spread));
  const channel = () => light * Math.exp(random.normal(0, spread * 0.3));
  return [channel(), channel(), channel()];
}

function draw(random: Random, [least, most]: readonly [number, number]): number {
  return least + random.integer(most - least + 1);
}
