/** Numbered file names: `prefix`, the number with at least `digits` digits, `suffix`. */
export interface FramePattern {
  readonly prefix: string;
  readonly digits: number;
  readonly suffix: string;
}

/** The picture files of a sequence in their order: numbered one by one, which takes no memory, or listed. */
export type FrameNames =
  | {
      readonly kind: "pattern";
      readonly pattern: FramePattern;
      readonly start: number;
      readonly count: number;
    }
  | { readonly kind: "list"; readonly names: readonly string[]; readonly count: number };

/** Frames named by a pattern. */
export function numberedFrames(pattern: FramePattern, start: number, count: number): FrameNames {
  return { kind: "pattern", pattern, start, count };
}

/** Names as a pattern where they are one, as a list otherwise. */
export function framesOf(names: readonly string[]): FrameNames {
  const list: FrameNames = { kind: "list", names, count: names.length };
  const first = splitNumber(names[0]);
  if (!first) return list;
  const { prefix, number, text, suffix } = first;
  // A padded number shows its width; an unpadded one has as many digits as it needs.
  const digits = text.startsWith("0") || names.length === 1 ? text.length : unpaddedDigits(names, text);
  const pattern = { prefix, digits, suffix };
  const frames = numberedFrames(pattern, number, names.length);
  return names.every((name, i) => name === frameName(frames, i)) ? frames : list;
}

/** The name of one frame. */
export function frameName(frames: FrameNames, frame: number): string {
  return frames.kind === "list" ? frames.names[frame]! : patternName(frames.pattern, frames.start + frame);
}

/** A number in a pattern. */
export function patternName({ prefix, digits, suffix }: FramePattern, number: number): string {
  return `${prefix}${String(number).padStart(digits, "0")}${suffix}`;
}

/** Frames `[begin, end)`. */
export function sliceFrames(frames: FrameNames, begin: number, end: number): FrameNames {
  if (frames.kind === "list") return framesOf(frames.names.slice(begin, end));
  return numberedFrames(frames.pattern, frames.start + begin, end - begin);
}

/** The number in a file's name: its last run of digits before the extension; undefined where there is none. */
export function frameNumber(name: string): number | undefined {
  return splitNumber(name)?.number;
}

function splitNumber(name = "") {
  const [extension = ""] = /\.[^.]*$/.exec(name) ?? [];
  const parts = /^(.*?)(\d+)(\D*)$/s.exec(name.slice(0, name.length - extension.length));
  const [, prefix = "", text = "", rest = ""] = parts ?? [];
  // Larger numbers are not exact.
  if (!parts || text.length > 15) return undefined;
  return { prefix, text, suffix: rest + extension, number: Number(text) };
}

function unpaddedDigits(names: readonly string[], first: string): number {
  const last = splitNumber(names.at(-1))?.text ?? first;
  return last.length > first.length ? 1 : first.length;
}
