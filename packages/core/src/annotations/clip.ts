import { LoratError } from "@lorat/graph";
import type { Box } from "../geometry/box.ts";
import type { Size } from "../geometry/frame.ts";

/** A target in one frame. */
export interface AnnotatedBox {
  /** Pixels from the picture's top-left corner, which is 0, 0. */
  readonly box: Box;
  readonly occluded?: boolean | undefined;
  /** 0 to 1. */
  readonly score?: number | undefined;
}

/** A target through a clip. */
export interface AnnotatedTrack {
  /** Whole number, the only one of its kind in the clip. */
  readonly id: number;
  /** What it is; empty where nobody said. */
  readonly label: string;
  /** By frame, counted from 0. In frames that are not there the target is absent. */
  readonly boxes: ReadonlyMap<number, AnnotatedBox>;
}

/** What is known of a clip beside its boxes. */
export interface ClipFacts {
  readonly name?: string | undefined;
  readonly size?: Size | undefined;
  readonly fps?: number | undefined;
  readonly frameCount?: number | undefined;
}

/** The boxes of a clip, whatever file they came from. */
export interface AnnotatedClip extends ClipFacts {
  readonly tracks: readonly AnnotatedTrack[];
}

/** Texts by their names, with `/` between folders. */
export type TextFiles = ReadonlyMap<string, string>;

/** What a reader is told beside the files. */
export interface ReadContext extends ClipFacts {
  /** Number of the first pixel, where it is not the format's own. */
  readonly firstPixel?: 0 | 1 | undefined;
  /** Number of the first frame, where it is not the format's own. */
  readonly firstFrame?: number | undefined;
}

/** One way to write boxes down. */
export interface AnnotationFormat {
  readonly title: string;
  /** How frames and pixels are counted, and how gaps are written; for people. */
  readonly rules: string;
  /** Name of the file that has the boxes, within its folder; a format of one file is read whatever its name. */
  readonly file: string;
  /** Names of what a folder of this format holds, besides; empty for a format of one file. */
  readonly beside: readonly (string | RegExp)[];
  /** What survives in it, beside boxes. */
  readonly keeps: {
    readonly tracks: "one" | "many";
    readonly ids: boolean;
    readonly labels: boolean;
    readonly occluded: boolean;
    readonly scores: boolean;
    readonly frameCount: boolean;
    readonly size: boolean;
    readonly fps: boolean;
  };
  /** Whether it needs the picture's size. */
  readonly needsSize: boolean;
  read(files: TextFiles, context: ReadContext): AnnotatedClip;
  write(clip: AnnotatedClip): Map<string, string>;
}

/** Frames beyond this are a mistake in the file. */
export const MOST_FRAMES = 10_000_000;

/** Number of frames: what is known, and not less than the boxes need. */
export function lengthOf({ frameCount = 0, tracks }: AnnotatedClip): number {
  let length = frameCount;
  for (const { boxes } of tracks) for (const frame of boxes.keys()) length = Math.max(length, frame + 1);
  return length;
}

/** Gathers a clip's tracks in the order of their first boxes. Throws `BOXES_TWICE`, `BOXES_FRAME`. */
export class TrackBuilder {
  readonly #tracks = new Map<number | string, { label: string; boxes: Map<number, AnnotatedBox> }>();

  /** A box that is none (no area, not finite) is left out: the target is absent there. */
  add(id: number | string, label: string, frame: number, found: AnnotatedBox, where: string): void {
    if (!Number.isInteger(frame) || frame < 0 || frame > MOST_FRAMES) {
      throw new LoratError(
        "BOXES_FRAME",
        `${where}: ${frame} is no frame of a clip, they are whole and count from 0`,
      );
    }
    const track = this.#track(id, label);
    if (track.boxes.has(frame)) {
      throw new LoratError("BOXES_TWICE", `${where}: track ${id} has two boxes in frame ${frame}`);
    }
    if (isBox(found.box)) track.boxes.set(frame, found);
  }

  /** Names a track that may have no boxes. */
  name(id: number | string, label: string): void {
    this.#track(id, label);
  }

  /** Whole numbers stay as they are; other names get the numbers that are free. */
  tracks(): AnnotatedTrack[] {
    const entries = [...this.#tracks];
    const numbers = entries.map(([id]) => wholeNumber(id));
    const taken = new Set(numbers);
    let next = 1;
    return entries.map(([, { label, boxes }], i) => {
      let id = numbers[i];
      if (id === undefined) {
        while (taken.has(next)) next++;
        id = next;
        taken.add(id);
      }
      return { id, label, boxes: sorted(boxes) };
    });
  }

  #track(id: number | string, label: string) {
    const key = wholeNumber(id) ?? id;
    const known = this.#tracks.get(key);
    if (known) {
      known.label ||= label;
      return known;
    }
    const made = { label, boxes: new Map<number, AnnotatedBox>() };
    this.#tracks.set(key, made);
    return made;
  }
}

/** Frames with boxes, each run of frames without a gap for itself. */
export function runsOf(boxes: ReadonlyMap<number, AnnotatedBox>): (readonly [number, AnnotatedBox])[][] {
  const runs: (readonly [number, AnnotatedBox])[][] = [];
  for (const entry of sorted(boxes)) {
    const run = runs.at(-1);
    if (run && run.at(-1)![0] + 1 === entry[0]) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

/** The box a share of the way from one to another. */
export function between(from: Box, to: Box, share: number): Box {
  const mix = (a: number, b: number) => a + (b - a) * share;
  return {
    x: mix(from.x, to.x),
    y: mix(from.y, to.y),
    width: mix(from.width, to.width),
    height: mix(from.height, to.height),
  };
}

/** At most `digits` decimals, never in scientific notation. */
export function decimals(value: number, digits = 4): string {
  const text = value.toFixed(digits);
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return short === "-0" ? "0" : short;
}

/** As {@link decimals}, as a number. */
export const rounded = (value: number, digits = 4): number => Number(decimals(value, digits));

export function isBox({ x, y, width, height }: Box): boolean {
  return [x, y, width, height].every(Number.isFinite) && width > 0 && height > 0;
}

function sorted(boxes: ReadonlyMap<number, AnnotatedBox>): Map<number, AnnotatedBox> {
  return new Map([...boxes].sort(([a], [b]) => a - b));
}

function wholeNumber(id: number | string): number | undefined {
  const number = typeof id === "number" ? id : /^-?\d{1,15}$/.test(id) ? Number(id) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A file's text; throws `BOXES_FILES` where the folder lacks it. */
export function textOf(files: TextFiles, name: string): string {
  const [only] = files.size === 1 ? [...files.values()] : [];
  const text = files.get(name) ?? only;
  if (text !== undefined) return text;
  throw new LoratError("BOXES_FILES", `there is no ${name}`, {
    hint: `Found: ${[...files.keys()].slice(0, 5).join(", ") || "nothing"}.`,
  });
}
