import { InvalidArgumentError } from "@commander-js/extra-typings";

/** A whole number from 0 on. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError("A whole number from 0 on is needed.");
  return value;
}

/** A whole number from 1 on. */
export function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("A whole number from 1 on is needed.");
  return value;
}

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("A number above 0 is needed.");
  return value;
}

/** Words separated by commas. */
export function words(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

/** Whole numbers from 1 on, separated by commas. */
export function counts(text: string): number[] {
  return words(text).map(count);
}

/** Gathers the values of an option that is given several times. */
export function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** A word as a shell takes it: in quotes where it holds anything that a shell reads. */
export function quoted(word: string): string {
  return /^[\w./~+@%:,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Pixels, as `640x360`. */
export function size(text: string): { readonly width: number; readonly height: number } {
  const found = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(text);
  if (!found) throw new InvalidArgumentError("WIDTHxHEIGHT in pixels is needed, for example 640x360.");
  return { width: Number(found[1]), height: Number(found[2]) };
}
