import type { Corners } from "@lorat/core";
import { clipToImage } from "@lorat/core/geometry";
import type { Random } from "@lorat/core/training";
import { searchCandidates } from "../candidates.ts";
import type { Clip } from "../data-manifest.ts";
import type { FrameStore, Picture } from "../frame-store.ts";
import type { Source, View } from "../pair.ts";

/** How pairs are drawn from clips. */
export interface ClipOptions {
  /** Largest gap between the two frames at strength 0 and 1, frames of the source video (specification 3.3: 100). */
  readonly maxGap: readonly [easy: number, full: number];
  /** Families of clips, by the start of their name, that may give at most this share of the pairs. */
  readonly caps: readonly { readonly prefix: string; readonly maxShare: number }[];
  /** Share of the draws whose search frame is one from which the target is absent, where the clip has any. */
  readonly absentShare: number;
}

/** Annotated videos: two frames of one clip. Clips within a family are equally likely. */
export function clips(store: FrameStore, all: readonly Clip[], options: ClipOptions): Source {
  const usable = all.filter((clip) => clip.boxes.filter((box) => box).length >= 2);
  const families = splitFamilies(usable, options.caps);
  return {
    name: "clips",
    size: usable.length,
    async draw({ random, strength, reference }) {
      const clip = random.choice(families[random.weighted(families.map((family) => family.share))]!.clips);
      const shown = clip.boxes.flatMap((box, i) => (box ? [i] : []));
      const z = random.choice(shown);
      const gap = Math.max(1, options.maxGap[0] + (options.maxGap[1] - options.maxGap[0]) * strength);
      const wantAbsent = random.chance(options.absentShare);
      const mask = clip.boxes.map(
        (box, i) => Math.abs(clip.times[i]! - clip.times[z]!) <= gap && (box === null) === wantAbsent,
      );
      let candidates = searchCandidates({ length: clip.files.length, template: z, mask, mode: "interval" });
      // Stored frames may lie further apart than the gap allows: the nearest one that shows the target then serves.
      if (candidates.length === 0) candidates = [nearest(shown, z, clip.times)];
      const x = random.choice(candidates);
      const [template, search] = await Promise.all([store.get(clip.files[z]!), store.get(clip.files[x]!)]);
      const around = clip.boxes[x] ?? clip.boxes[z]!;
      const views = [
        view(template, clip.boxes[z]!, true),
        view(search, around, clip.boxes[x] !== null),
      ] as const;
      const pair = views[0] && views[1] && { template: views[0], search: views[1] };
      if (!pair || !reference) return pair;
      const r = recentFrame(shown, x, clip.times, gap, random);
      return r === undefined
        ? pair
        : { ...pair, reference: view(await store.get(clip.files[r]!), clip.boxes[r]!, true) };
    },
  };
}

function view(picture: Picture, [x1, y1, x2, y2]: Corners, present: boolean): View | undefined {
  const { scaleX, scaleY, width, height } = picture;
  const box = clipToImage([x1 * scaleX, y1 * scaleY, x2 * scaleX, y2 * scaleY], { width, height });
  if (box[2] - box[0] < 4 || box[3] - box[1] < 4) return undefined;
  return { frame: picture, padding: picture.mean, box, present };
}

/** Share of the largest gap that lies between a recent view and the search frame at most. */
const RECENT_SHARE = 0.3;

/** A frame near to frame `x` that shows the target, on either side; the nearest where none is that near. */
function recentFrame(
  shown: readonly number[],
  x: number,
  times: readonly number[],
  gap: number,
  random: Random,
): number | undefined {
  const others = shown.filter((i) => i !== x);
  const near = others.filter((i) => Math.abs(times[i]! - times[x]!) <= RECENT_SHARE * gap);
  if (near.length > 0) return random.choice(near);
  return others.length > 0 ? nearest(others, x, times) : undefined;
}

function nearest(shown: readonly number[], z: number, times: readonly number[]): number {
  const others = shown.filter((i) => i !== z);
  return others.reduce((best, i) =>
    Math.abs(times[i]! - times[z]!) < Math.abs(times[best]! - times[z]!) ? i : best,
  );
}

/** Shares in proportion to the number of clips, but never more than a family's cap. */
function splitFamilies(all: readonly Clip[], caps: ClipOptions["caps"]): { clips: Clip[]; share: number }[] {
  const families = caps.map(({ prefix, maxShare }) => ({
    maxShare,
    clips: all.filter((clip) => clip.name.startsWith(prefix)),
  }));
  const rest = all.filter((clip) => !caps.some(({ prefix }) => clip.name.startsWith(prefix)));
  const capped = families.map(({ clips, maxShare }) => ({
    clips,
    share: rest.length > 0 ? Math.min(clips.length / all.length, maxShare) : clips.length / all.length,
  }));
  const left = 1 - capped.reduce((sum, family) => sum + family.share, 0);
  return [...capped, { clips: rest, share: rest.length > 0 ? left : 0 }].filter(
    (family) => family.clips.length > 0,
  );
}
