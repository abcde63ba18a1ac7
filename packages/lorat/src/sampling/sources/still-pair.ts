import type { Corners, Random } from "@lorat/core";
import { roughMean } from "../../synth/canvas.ts";
import type { Picture } from "../frame-store.ts";
import type { Pair } from "../pair.ts";
import { drawWarp, warpBox, warpFrame } from "../warp.ts";

/** A pair out of one still picture: the search frame is the picture itself, or a slightly changed copy of it. */
export function stillPair(picture: Picture, box: Corners, random: Random, strength: number): Pair {
  const template = { frame: picture, padding: picture.mean, box, present: true };
  if (!random.chance(0.6 * strength)) return { template, search: template };
  const warp = drawWarp(random, strength);
  const frame = warpFrame(picture, warp, box);
  const search = { frame, padding: roughMean(frame), box: warpBox(box, picture, frame, warp), present: true };
  return random.chance(0.5) ? { template, search } : { template: search, search: template };
}
