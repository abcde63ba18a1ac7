import { textTable } from "../report/text-table.ts";
import type { Spread } from "./statistics.ts";

/** Rows of text in columns; the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  return textTable(rows, ["left", "right"]);
}

/** Tenth to ninetieth percentile. */
export function range({ low, high }: Spread): string {
  return `(${digits(low)} to ${digits(high)})`;
}

/** Three digits that count. */
export function digits(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
