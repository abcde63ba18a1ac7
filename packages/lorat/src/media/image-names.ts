import { extname } from "node:path";
import { LoratError } from "@lorat/graph";

/** Extensions that are read as frames, lower case. */
export const IMAGE_EXTENSIONS: readonly string[] = [".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"];

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * The images among `names` in natural order, so that `10.jpg` comes after `2.jpg`. Hidden files are left out.
 * Throws `IMAGES_FRAME_MISSING` where the names are numbered and a number is missing, and `IMAGES_FRAME_TWICE`
 * where one comes twice; numbers may start anywhere and rise by any constant step.
 */
export function orderImages(folder: string, names: readonly string[]): string[] {
  const images = names
    .filter((name) => !name.startsWith(".") && IMAGE_EXTENSIONS.includes(extname(name).toLowerCase()))
    .sort((a, b) => natural.compare(a, b) || (a < b ? -1 : 1));
  const numbers = images.map(frameNumber);
  const numbered = numbers.every((number) => number !== undefined) && sharePrefix(images);
  if (numbered) checkNumbers(folder, images, numbers as number[]);
  return images;
}

/** The last run of digits before the extension. */
function frameNumber(name: string): number | undefined {
  const digits = /(\d+)\D*$/.exec(stem(name))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function sharePrefix(images: readonly string[]): boolean {
  const prefixes = new Set(images.map((name) => stem(name).replace(/\d+(\D*)$/, "#$1")));
  return prefixes.size === 1;
}

function stem(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}

function checkNumbers(folder: string, images: readonly string[], numbers: readonly number[]): void {
  const steps = numbers.slice(1).map((number, i) => number - numbers[i]!);
  const twice = steps.indexOf(0);
  if (twice >= 0) {
    throw new LoratError(
      "IMAGES_FRAME_TWICE",
      `${folder}: ${images[twice]} and ${images[twice + 1]} have the same frame number`,
      { hint: "Keep one of the two." },
    );
  }
  const step = Math.min(...steps);
  const gaps = steps.flatMap((gap, i) => (gap > step ? [i] : []));
  if (gaps.length === 0) return;
  const missing = gaps.reduce((sum, i) => sum + Math.max(1, Math.round(steps[i]! / step) - 1), 0);
  throw new LoratError(
    "IMAGES_FRAME_MISSING",
    `${folder}: ${missing} frame${missing === 1 ? " is" : "s are"} missing from the numbered images`,
    {
      issues: gaps.slice(0, 5).map((i) => `nothing between ${images[i]} and ${images[i + 1]}`),
      hint: "A tracker follows consecutive frames: add what is missing, or renumber where the gap is meant.",
    },
  );
}
