import type { Corners, Frame } from "@lorat/core";
import { type Colour, clipToImage } from "@lorat/core/geometry";
import type { Random } from "@lorat/core/training";
import { createCanvas, paintBackground, paintShadow } from "./canvas.ts";
import { compress } from "./compression.ts";
import { drawSprite, type Pose, spriteArea, spriteBox } from "./draw-sprite.ts";
import { boxBlur, type Development, develop } from "./effects.ts";
import type { Sprite } from "./sprite.ts";

/** One thing in a scene; poses are in pixels of the view when the camera rests. */
export interface Actor {
  readonly sprite: Sprite;
  readonly pose: (time: number) => Pose;
  readonly gain: Colour;
  /** Depth of the shadow under it, 0 for none. */
  readonly shadow: number;
}

/** Where the camera is at a time: shift in view pixels, magnification and roll about the middle of the view. */
export interface CameraState {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly angleRad: number;
}

/** Everything that a moment of a scene is rendered from. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly background: Frame;
  /** Background pixels per view pixel when the camera rests. */
  readonly backgroundScale: number;
  readonly camera: (time: number) => CameraState;
  /** From back to front. */
  readonly actors: readonly Actor[];
  /** Position of the target among the actors. */
  readonly target: number;
  /** Share of the time between two frames during which the shutter is open. */
  readonly shutter: number;
  readonly development: (time: number) => Development;
  /** Radius of the lens' blur, pixels. */
  readonly blur: number;
  /** Rounding step of the lossy coding, 0 for none. */
  readonly compression: number;
}

/** One rendered frame and the truth about the target in it. */
export interface Moment {
  readonly frame: Frame;
  /** Bounds of the whole target, hidden parts included, clipped to the frame; null when none of it can be seen. */
  readonly box: Corners | null;
  /** Bounds before clipping. */
  readonly wholeBox: Corners;
  /** Share of the target's pixels that can be seen, 0 to 1. */
  readonly visibility: number;
}

/** Below this share the target counts as absent. */
const LEAST_VISIBLE = 0.02;

/** Where the whole target is at a time, hidden or not, in pixels of the view; costs no rendering. */
export function targetBox(scene: Scene, time: number): Corners {
  const target = scene.actors[scene.target]!;
  return spriteBox(target.sprite, viewPose(scene, target, time, scene.camera(time)));
}

/** Renders a scene at a time, in frames; `random` serves the sensor noise only. */
export function renderMoment(scene: Scene, time: number, random: Random): Moment {
  const { width, height, background, backgroundScale } = scene;
  const canvas = createCanvas(width, height);
  const camera = scene.camera(time);
  paintBackground(canvas, background, {
    x: background.width / 2 + camera.x * backgroundScale,
    y: background.height / 2 + camera.y * backgroundScale,
    zoomX: backgroundScale / camera.zoom,
    zoomY: backgroundScale / camera.zoom,
    angleRad: camera.angleRad,
  });
  const pan = cameraSpeed(scene, time);
  boxBlur(canvas, Math.abs(pan[0]) * scene.shutter * 0.5, Math.abs(pan[1]) * scene.shutter * 0.5);

  scene.actors.forEach((actor, i) => {
    const pose = viewPose(scene, actor, time, camera);
    const before = viewPose(scene, actor, time - 0.5, scene.camera(time - 0.5));
    const after = viewPose(scene, actor, time + 0.5, scene.camera(time + 0.5));
    const smear = [(after.x - before.x) * scene.shutter, (after.y - before.y) * scene.shutter] as const;
    if (actor.shadow > 0) {
      const [x1, , x2, y2] = spriteBox(actor.sprite, pose);
      const radius = (x2 - x1) * 0.55;
      paintShadow(canvas, (x1 + x2) / 2, y2 - radius * 0.1, radius, radius * 0.35, actor.shadow);
    }
    drawSprite(canvas, actor.sprite, pose, { gain: actor.gain, smear }, i + 1);
  });

  if (scene.blur > 0) boxBlur(canvas, scene.blur, scene.blur);
  develop(canvas, random, scene.development(time));
  if (scene.compression > 0) compress(canvas, scene.compression);

  const target = scene.actors[scene.target]!;
  const pose = viewPose(scene, target, time, camera);
  const wholeBox = spriteBox(target.sprite, pose);
  const visibility = visibleShare(canvas.owners, scene.target + 1, spriteArea(target.sprite, pose));
  const box = visibility >= LEAST_VISIBLE ? clipToImage(wholeBox, { width, height }) : null;
  return { frame: { width, height, channels: 3, data: canvas.data }, box, wholeBox, visibility };
}

function visibleShare(owners: Uint8Array, owner: number, area: number): number {
  let seen = 0;
  for (let i = 0; i < owners.length; i++) if (owners[i] === owner) seen++;
  return Math.min(seen / Math.max(area, 1), 1);
}

function viewPose(scene: Scene, actor: Actor, time: number, camera: CameraState): Pose {
  const pose = actor.pose(time);
  const dx = pose.x - camera.x - scene.width / 2;
  const dy = pose.y - camera.y - scene.height / 2;
  const cos = Math.cos(camera.angleRad) * camera.zoom;
  const sin = Math.sin(camera.angleRad) * camera.zoom;
  return {
    ...pose,
    x: dx * cos + dy * sin + scene.width / 2,
    y: dy * cos - dx * sin + scene.height / 2,
    scaleX: pose.scaleX * camera.zoom,
    scaleY: pose.scaleY * camera.zoom,
    angleRad: pose.angleRad - camera.angleRad,
  };
}

function cameraSpeed({ camera }: Scene, time: number): readonly [number, number] {
  const before = camera(time - 0.5);
  const after = camera(time + 0.5);
  return [after.x - before.x, after.y - before.y];
}
