import { extname } from "node:path";
import { LoratError } from "@lorat/graph";
import { type NumberedName, numbersInNames } from "./name-numbers.ts";

/** Extensions that are read as frames, lower case. */
export const IMAGE_EXTENSIONS: readonly string[] = [
  ...[".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif"],
  ...[".bmp", ".ppm", ".pgm", ".pbm", ".pnm"],
];

export interface ImageNameOptions {
  /** Names to take, `*` and `?` standing for any characters and `%06d` for a number: `left_*.png`; default: all. */
  readonly pattern?: string;
  /** Takes frames as they follow each other, whatever their numbers. */
  readonly allowGaps?: boolean;
}

/** The frames among a folder's files. */
interface OrderedImages {
  readonly names: readonly string[];
  /** Pictures that are named otherwise than the frames. */
  readonly strays: readonly string[];
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * The images among `names` in the order of their numbers, so that `10.jpg` comes after `2.jpg`; in natural order where they
 * have none. Hidden files are left out, and so are the few pictures beside numbered ones that are named otherwise. Numbers may
 * start anywhere and rise by any constant step; times of day and of clocks, in any unit, need only be about evenly apart.
 *
 * Throws `IMAGES_FRAME_MISSING` where a number is missing (unless `allowGaps`), `IMAGES_FRAME_TWICE` where one comes twice,
 * `IMAGES_SEVERAL` for several series of pictures, left and right ones for example.
 */
export function orderImages(
  folder: string,
  names: readonly string[],
  { pattern, allowGaps = false }: ImageNameOptions = {},
): OrderedImages {
  const wanted = pattern === undefined ? () => true : matcher(pattern);
  const images = names
    .filter((name) => !name.startsWith(".") && IMAGE_EXTENSIONS.includes(extname(name).toLowerCase()))
    .filter(wanted)
    .sort((a, b) => natural.compare(a, b) || (a < b ? -1 : 1));
  const series = seriesOf(images);
  const [main, second] = series;
  const others = images.length - (main?.length ?? 0);
  if (main && main.length >= 3 * others && (others === 0 || main.length > 2)) {
    const own = new Set(main.map(({ name }) => name));
    const strays = others === 0 ? [] : images.filter((name) => !own.has(name));
    return { names: allowGaps ? sorted(main) : checked(folder, main), strays };
  }
  if (second && second.length > 1 && !allowGaps) throw severalSeries(folder, series);
  return { names: images, strays: [] };
}

/** Names with the same text around their number, the most numerous first. */
function seriesOf(images: readonly string[]): NumberedName[][] {
  const series = new Map<string, NumberedName[]>();
  for (const one of numbersInNames(images)) series.set(one.series, [...(series.get(one.series) ?? []), one]);
  return [...series.values()].sort((a, b) => b.length - a.length);
}

function sorted(series: readonly NumberedName[]): string[] {
  return [...series].sort(byNumber).map(({ name }) => name);
}

function byNumber(a: NumberedName, b: NumberedName): number {
  return a.number < b.number ? -1 : a.number > b.number ? 1 : natural.compare(a.name, b.name);
}

function checked(folder: string, series: readonly NumberedName[]): string[] {
  const images = [...series].sort(byNumber);
  const steps = images.slice(1).map(({ number }, i) => number - images[i]!.number);
  const twice = steps.indexOf(0n);
  if (twice >= 0) {
    throw new LoratError(
      "IMAGES_FRAME_TWICE",
      `${folder}: ${images[twice]!.name} and ${images[twice + 1]!.name} have the same frame number`,
      { hint: "Keep one of the two, or choose with --pattern." },
    );
  }
  const isClock = images.every(({ isTime }) => isTime);
  const inOrder = [...steps].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  // Clocks are not quite even: more than about two of their usual steps are a gap.
  const step = (isClock ? inOrder[inOrder.length >> 1] : inOrder[0]) ?? 1n;
  const isGap = (one: bigint) => (isClock ? 5n * one > 9n * step : one > step);
  const gaps = steps.flatMap((one, i) => (isGap(one) ? [i] : []));
  if (gaps.length === 0) return images.map(({ name }) => name);
  const missing = gaps.reduce((sum, i) => sum + Math.max(1, Math.round(Number(steps[i]! / step)) - 1), 0);
  throw new LoratError(
    "IMAGES_FRAME_MISSING",
    `${folder}: ${missing} frame${missing === 1 ? " is" : "s are"} missing from the numbered images`,
    {
      issues: gaps.slice(0, 5).map((i) => `nothing between ${images[i]!.name} and ${images[i + 1]!.name}`),
      hint: "A tracker follows consecutive frames: add what is missing, or give --allow-gaps where the gap is meant.",
    },
  );
}

function severalSeries(folder: string, series: readonly NumberedName[][]): LoratError {
  return new LoratError("IMAGES_SEVERAL", `${folder} holds ${series.length} series of pictures`, {
    issues: series.slice(0, 5).map((one) => `${one[0]!.series}: ${one.length} pictures`),
    hint: `Choose one with --pattern, for example --pattern '${series[0]![0]!.series}'.`,
  });
}

/** `*`, `?` and `%06d` in a pattern; everything else as it is. */
function matcher(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/%0?\d*d|[*?]|[.+^${}()|[\]\\]/g, (part) => {
    if (part.startsWith("%")) return "\\d+";
    if (part === "*") return ".*";
    return part === "?" ? "." : `\\${part}`;
  });
  const expression = new RegExp(`^${source}$`, "s");
  return (name) => expression.test(name);
}
