import type { Corners, Frame } from "@lorat/core";
import type { Random } from "@lorat/core/training";
import { roughMean } from "../../synth/canvas.ts";
import type { FrameStore, Picture } from "../frame-store.ts";
import type { DrawContext, Pair, Source } from "../pair.ts";
import { drawWarp, warpBox, warpFrame } from "../warp.ts";

/** A pair out of one still picture: the search frame is the picture itself, or a slightly changed copy of it. */
export function stillPair(
  picture: Picture,
  box: Corners,
  { random, strength, reference }: DrawContext,
): Pair {
  const template = { frame: picture, padding: picture.mean, box, present: true };
  const changed = () => {
    const warp = drawWarp(random, strength);
    const frame = warpFrame(picture, warp, box);
    return { frame, padding: roughMean(frame), box: warpBox(box, picture, frame, warp), present: true };
  };
  if (!random.chance(0.6 * strength)) return { template, search: template };
  const search = changed();
  const pair = random.chance(0.5) ? { template, search } : { template: search, search: template };
  return reference && random.chance(0.5) ? { ...pair, reference: changed() } : pair;
}

/** Any region of a photograph is a target: the template's mask defines its extent exactly, no annotation is needed. */
export function photoRegions(store: FrameStore, photos: readonly number[]): Source {
  return {
    name: "photoRegions",
    size: photos.length,
    async draw(context): Promise<Pair | undefined> {
      const { random } = context;
      const photo: Picture = await store.get(random.choice(photos));
      const region = drawRegion(photo, random);
      return region && stillPair(photo, region, context);
    },
  };
}

/** A rectangle of random size, shape and place that shows something; undefined when the picture is flat everywhere. */
function drawRegion(photo: Frame, random: Random): Corners | undefined {
  const side = Math.sqrt(photo.width * photo.height);
  for (let attempt = 0; attempt < 8; attempt++) {
    const size = Math.max(random.logUniform(0.08, 0.34) * side, 20);
    const aspect = Math.exp(Math.min(Math.max(random.normal(0, 0.9), -1.6), 1.6));
    const width = Math.min(size * Math.sqrt(aspect), photo.width * 0.9);
    const height = Math.min(size / Math.sqrt(aspect), photo.height * 0.9);
    const x = random.uniform(0, photo.width - width);
    const y = random.uniform(0, photo.height - height);
    const region: Corners = [x, y, x + width, y + height];
    if (contrast(photo, region) > 14) return region;
  }
  return undefined;
}

/** Standard deviation of the green values on a coarse lattice of the region. */
function contrast(photo: Frame, [x1, y1, x2, y2]: Corners): number {
  const steps = 12;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < steps; i++) {
    const row = Math.floor(y1 + ((y2 - y1) * (i + 0.5)) / steps) * photo.width;
    for (let j = 0; j < steps; j++) {
      const column = Math.floor(x1 + ((x2 - x1) * (j + 0.5)) / steps);
      const value = photo.data[(row + column) * photo.channels + 1]!;
      sum += value;
      squares += value * value;
    }
  }
  const count = steps * steps;
  return Math.sqrt(Math.max(squares / count - (sum / count) ** 2, 0));
}
