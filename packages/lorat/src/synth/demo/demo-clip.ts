import { createRandom } from "@lorat/core/training";
import type { Pose } from "../draw-sprite.ts";
import { wander } from "../motion.ts";
import type { Actor, CameraState, Scene } from "../scene.ts";
import type { Sprite } from "../sprite.ts";
import { clipOfScene, type SynthClip } from "../synthesise.ts";
import { foliage, paintLandscape, type Road, windingRoad } from "./landscape.ts";
import { car, van } from "./vehicle.ts";

const VIEW = { width: 640, height: 360 };
const GROUND = { width: 1240, height: 560 };
const FRAMES = 150;
const SEED = 7;

/**
 * The bundled clip: from a drone, a red car on a winding road, followed by one of its own build and met by others; the
 * crown of a tree hides half of it for a while, then a smaller one a little of it.
 */
export function demoClip(): SynthClip {
  const random = createRandom(SEED);
  const road = windingRoad(GROUND.height);
  const background = paintLandscape(random, GROUND.width, GROUND.height, road);
  const camera = followingCamera(random);
  const start = 205;
  const speed = wander(random, 14, 90);
  const position = (time: number) => start + 4.7 * time + speed(time) - speed(0);
  const traffic: Actor[] = [
    driver(road, car(50, [150, 84, 40]), (time) => position(time) - 96 - 10 * Math.sin(time / 40), 1),
    driver(road, car(52, [196, 198, 200]), (time) => 900 - 3.4 * time, -1),
    driver(road, van(66, [222, 220, 212]), (time) => 1180 - 4.1 * time, -1),
    driver(road, car(50, [172, 40, 34]), (time) => 1500 - 4.6 * time, -1),
  ];
  const target = driver(road, car(54, [186, 34, 30]), position, 1);
  const trees = plantTrees(random, road, position, camera);
  const scene: Scene = {
    ...VIEW,
    background,
    backgroundScale: 1,
    camera,
    actors: [...traffic, target, ...trees],
    target: traffic.length,
    shutter: 0.35,
    development: (time) => {
      const light = 1 + 0.04 * Math.sin(time / 31);
      return { gain: [light * 1.03, light, light * 0.96], vignette: 0.16, noise: 1.2 };
    },
    blur: 0,
    compression: 0,
  };
  return clipOfScene(scene, FRAMES, "occlusion", SEED);
}

/** Pans after the car, trembles a little, comes slowly closer. */
function followingCamera(random: ReturnType<typeof createRandom>): (time: number) => CameraState {
  const trembleX = wander(random, 1.3, 11);
  const trembleY = wander(random, 1.3, 9);
  const drift = wander(random, 9, 120);
  const roll = wander(random, 0.02, 100);
  return (time) => ({
    x: -285 + 3.75 * time + trembleX(time),
    y: 8 + drift(time) + trembleY(time),
    zoom: 1.2 + 0.2 * (0.5 - 0.5 * Math.cos((Math.PI * time) / FRAMES)),
    angleRad: roll(time),
  });
}

/** A vehicle in its lane; `direction` 1 drives to the right. Positions along the road are in ground pixels. */
function driver(road: Road, sprite: Sprite, position: (time: number) => number, direction: 1 | -1): Actor {
  return {
    sprite,
    gain: [1, 1, 1],
    shadow: 0.35,
    pose: (time): Pose => {
      const x = position(time);
      const angle = road.angle(x);
      const lane = direction * 15;
      const turned = direction === 1 ? angle : angle + Math.PI;
      return onGround({
        x: x - Math.sin(angle) * lane,
        y: road.height(x) + Math.cos(angle) * lane,
        scaleX: 0.5,
        scaleY: 0.5,
        angleRad: turned,
      });
    },
  };
}

/** Trees along the road; their crowns are nearer to the camera than the ground and so move faster through the view. */
function plantTrees(
  random: ReturnType<typeof createRandom>,
  road: Road,
  position: (time: number) => number,
  camera: (time: number) => CameraState,
): Actor[] {
  // When the car should be beneath each of them, how large they are, how far off the lane's middle they stand.
  const overRoad = [
    { time: 66, radius: 44, offset: 53 },
    { time: 112, radius: 32, offset: 42 },
  ].map(({ time, radius, offset }) => {
    const x = position(time);
    return crown(foliage(random, radius), x, road.height(x) + offset, camera, camera(time).x);
  });
  const aside = Array.from({ length: 16 }, (_, i) => {
    const x = 60 + i * 74 + random.uniform(-25, 25);
    const side = random.chance(0.5) ? 1 : -1;
    const radius = random.uniform(22, 46);
    const y = road.height(x) + side * (road.halfWidth + radius + random.uniform(12, 110));
    return crown(foliage(random, radius), x, y, camera, 0);
  });
  return [...aside, ...overRoad];
}

function crown(
  sprite: Sprite,
  x: number,
  y: number,
  camera: (time: number) => CameraState,
  cameraThen: number,
): Actor {
  return {
    sprite,
    gain: [1, 1, 1],
    shadow: 0.3,
    pose: (time) =>
      onGround({ x: x - 0.07 * (camera(time).x - cameraThen), y, scaleX: 1, scaleY: 1, angleRad: 0 }),
  };
}

/** From ground pixels to those of the resting view, whose middle is the ground's. */
function onGround(pose: Pose): Pose {
  return {
    ...pose,
    x: pose.x - (GROUND.width - VIEW.width) / 2,
    y: pose.y - (GROUND.height - VIEW.height) / 2,
  };
}
