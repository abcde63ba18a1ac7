import { LoratError } from "@lorat/graph";
import { type Corners, clipToImage, isValidBox } from "../geometry/box.ts";
import { enlargeToMinimum } from "../geometry/crop-parameters.ts";
import type { Size } from "../geometry/frame.ts";
import type { Evidence } from "./presence.ts";
import type { TargetState } from "./types.ts";

/** How a lost target is looked for. */
export interface RedetectOptions {
  /** Regions searched in a frame beside the one where the target was last seen, each one pass of the network; default: 2. */
  readonly passesPerFrame?: number;
}

/** Further passes of the network in a frame; 0 without re-detection. Throws `REDETECT_PASSES`. */
export function passesOf(redetect: boolean | RedetectOptions | undefined): number {
  if (!redetect) return 0;
  const { passesPerFrame = 2 } = redetect === true ? {} : redetect;
  if (Number.isInteger(passesPerFrame) && passesPerFrame >= 1) return passesPerFrame;
  throw new LoratError(
    "REDETECT_PASSES",
    `redetect.passesPerFrame must be a whole number of at least 1, got ${passesPerFrame}`,
  );
}

/** A candidate differs from the target's last size by at most this factor in either side. */
const SIZE_TOLERANCE = 2.5;

/** What a search region showed. */
export interface Sighting {
  readonly box: Corners;
  readonly score: number;
  readonly evidence: Evidence;
}

/** Where a frame leaves a target. */
export interface Followed {
  /** The tracker's own answer. */
  readonly raw: Corners;
  /** The box that the next frame is searched around, if it is a proper one. */
  readonly next: Corners;
  /** What a program is shown. */
  readonly shown: Corners;
}

/**
 * The method's own loop (specification section 4.3): what was seen is the answer and the next start. A lost target is shown at
 * its last whole size.
 */
export function followed({ box }: Sighting, lost: LostSearch, isAstray: boolean): Followed {
  return { raw: box, next: box, shown: isAstray ? lost.sized(box) : box };
}

/**
 * With re-detection: a target that is lost and was not seen for sure is held where it was last seen, and what was found is taken
 * at the last whole size until it is confirmed.
 */
export function held(seen: Sighting, lost: LostSearch, state: TargetState, isAstray: boolean): Followed {
  if (!isAstray)
    return { raw: seen.box, next: state === "lost" ? lost.sized(seen.box) : seen.box, shown: seen.box };
  const anchor = lost.anchor();
  return { raw: lost.clipped(anchor), next: lost.sized(anchor), shown: lost.sized(anchor) };
}

/**
 * Chooses where to look for a lost target: where it was last seen well, at its last whole size, then region after region
 * outwards until the whole frame was searched, a few each frame; after the last it begins again. It runs no network.
 */
export class LostSearch {
  readonly #image: Size;
  readonly #areaFactor: number;
  #lastSeen: Corners;
  #lastWhole: Corners;
  #queue: Corners[] = [];

  constructor(box: Corners, image: Size, areaFactor: number) {
    this.#image = { width: image.width, height: image.height };
    this.#areaFactor = areaFactor;
    this.#lastSeen = box;
    this.#lastWhole = box;
  }

  /** Remembers a box that surely holds the target. */
  seen(box: Corners): void {
    this.#lastSeen = box;
    if (this.#isWhole(box)) this.#lastWhole = box;
    this.#queue = [];
  }

  /** The box to search around while the target is lost: its last whole size, centred where it was last seen. */
  anchor(): Corners {
    return sizedLike(this.#lastWhole, centre(this.#lastSeen));
  }

  /** The part of a box that lies in the image. */
  clipped(box: Corners): Corners {
    return clipToImage(box, this.#image);
  }

  /** A box with the target's last whole size in the place of `box`; what is no proper box stays as it is. */
  sized(box: Corners): Corners {
    return isValidBox(box) ? sizedLike(this.#lastWhole, centre(box)) : box;
  }

  /** The next `count` boxes to search around, nearest to the anchor first. */
  next(count: number): Corners[] {
    if (this.#queue.length === 0) this.#queue = this.#regions();
    return this.#queue.splice(0, count);
  }

  /** Whether a box could be the target by its size. */
  fits(box: Corners): boolean {
    if (!isValidBox(box)) return false;
    const ratio = (a: number, b: number) => Math.max(a / b, b / a);
    const [width, height] = sides(box);
    const [usualWidth, usualHeight] = sides(this.#lastWhole);
    return Math.max(ratio(width, usualWidth), ratio(height, usualHeight)) <= SIZE_TOLERANCE;
  }

  /** Boxes for search regions of which one shows the target near its middle, wherever its centre is in the image. */
  #regions(): Corners[] {
    const size = enlargeToMinimum(this.#lastWhole, 10);
    const [width, height] = sides(size);
    const margin = (this.#areaFactor - 1) * ((width + height) / 2);
    const side = Math.sqrt((width + margin) * (height + margin));
    const step = Math.max(Math.min(side / 2, side - Math.max(width, height)), side / 4);
    const [x, y] = centre(this.#lastSeen);
    const distance = (box: Corners) => Math.hypot(centre(box)[0] - x, centre(box)[1] - y);
    return centres(this.#image.width, step)
      .flatMap((cx) => centres(this.#image.height, step).map((cy) => sizedLike(size, [cx, cy])))
      .sort((a, b) => distance(a) - distance(b));
  }

  /** True where no side lies on the image's border, which may cut the target. */
  #isWhole([x1, y1, x2, y2]: Corners): boolean {
    return x1 > 0 && y1 > 0 && x2 < this.#image.width && y2 < this.#image.height;
  }
}

/** Middles of the equal parts, at most `step` long, of `[0, length]`. */
function centres(length: number, step: number): number[] {
  const count = Math.ceil(length / step);
  return Array.from({ length: count }, (_, i) => ((i + 0.5) / count) * length);
}

function centre([x1, y1, x2, y2]: Corners): readonly [x: number, y: number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

function sides([x1, y1, x2, y2]: Corners): readonly [width: number, height: number] {
  return [x2 - x1, y2 - y1];
}

function sizedLike(box: Corners, [x, y]: readonly [number, number]): Corners {
  const [width, height] = sides(box);
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}
