import { extname } from "node:path";

/** A name with its number. */
export interface NumberedName {
  readonly name: string;
  /** What stands around the number, `left_*.*` for example: the same for all pictures of a series. */
  readonly series: string;
  /** Exact, however long it is. */
  readonly number: bigint;
  /** A time of day or of a clock rather than a count. */
  readonly isTime: boolean;
}

/** The names that have a number. */
export function numbersInNames(names: readonly string[]): NumberedName[] {
  return names.flatMap((name) => {
    const found = numberOf(name);
    return found ? [{ name, ...found }] : [];
  });
}

/** Seconds of an epoch and their fraction, as `1305031102.175304.png`. */
const FRACTION = /^(\D*)(\d{9,10})[._](\d{3,9})$/;
/** Year to second and perhaps a fraction, with any marks between. */
const DATE =
  /^(.*?)((?:19|20)\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)[-_. T]*([0-2]\d)[-_.:h]?([0-5]\d)[-_.:m]?([0-6]\d)(?:[-_.s](\d{1,9}))?(\D*)$/;
/** Any text, its last number, the rest. */
const LAST_NUMBER = /^(.*?)(\d+)(\D*)$/s;
/** Counts do not get as long as milliseconds since 1970. */
const CLOCK_DIGITS = 10;

function numberOf(name: string): Omit<NumberedName, "name"> | undefined {
  const stem = name.slice(0, name.length - extname(name).length);
  const fraction = FRACTION.exec(stem);
  if (fraction) {
    const [, prefix, seconds, part] = fraction;
    return { series: `${prefix}*.*`, number: BigInt(`${seconds}${part!.padEnd(9, "0")}`), isTime: true };
  }
  const date = DATE.exec(stem);
  if (date) {
    const [, prefix, year, month, day, hour, minute, second, part = "", rest] = date;
    const ms = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!);
    return {
      series: `${prefix}*${rest}.*`,
      number: BigInt(ms) * 1_000_000n + BigInt(part.padEnd(9, "0")),
      isTime: true,
    };
  }
  const [, prefix, digits, rest] = LAST_NUMBER.exec(stem) ?? [];
  if (digits === undefined) return undefined;
  const number = BigInt(digits);
  const isTime = digits.length >= CLOCK_DIGITS && number >= 10n ** BigInt(CLOCK_DIGITS - 2);
  return { series: `${prefix}*${rest}.*`, number, isTime };
}
