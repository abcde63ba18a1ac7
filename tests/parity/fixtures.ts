import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the recorded reference numbers: `LORAT_FIXTURES`, or the set that ships with the project. */
export const fixturesDir = process.env.LORAT_FIXTURES
  ? resolve(process.env.LORAT_FIXTURES)
  : fileURLToPath(new URL("../fixtures/reference", import.meta.url));

export type FixtureData = Float32Array | Float64Array | BigInt64Array | Uint8Array;

/** One recorded tensor; BOOL is read as bytes. */
export interface FixtureTensor {
  readonly shape: readonly number[];
  readonly data: FixtureData;
}

/**
 * Reads `name.safetensors` with a reader of its own, so that a fault in the project's reader cannot hide in the
 * numbers it is tested with.
 */
export function fixtureTensors(name: string): Map<string, FixtureTensor> {
  const file = readFileSync(resolve(fixturesDir, `${name}.safetensors`));
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, FixtureTensor>();
  for (const [key, entry] of Object.entries(header)) {
    if (key === "__metadata__") continue;
    const [begin, end] = entry.data_offsets;
    const bytes = Uint8Array.from(file.subarray(8 + headerLength + begin, 8 + headerLength + end)).buffer;
    const make: Record<string, () => FixtureData> = {
      F32: () => new Float32Array(bytes),
      F64: () => new Float64Array(bytes),
      I64: () => new BigInt64Array(bytes),
      U8: () => new Uint8Array(bytes),
      BOOL: () => new Uint8Array(bytes),
    };
    const build = make[entry.dtype];
    if (!build) throw new Error(`${name}: ${key} has the unknown dtype ${entry.dtype}`);
    tensors.set(key, { shape: entry.shape, data: build() });
  }
  return tensors;
}

/** Reads `name.json`; "nan", "inf" and "-inf" stay strings, see {@link toNumber}. */
export function fixtureJson<T>(name: string): T {
  return JSON.parse(readFileSync(resolve(fixturesDir, `${name}.json`), "utf8")) as T;
}

/** A recorded number, where non-finite ones are the strings "nan", "inf" and "-inf". */
export function toNumber(value: number | string): number {
  if (typeof value === "number") return value;
  if (value === "inf") return Number.POSITIVE_INFINITY;
  if (value === "-inf") return Number.NEGATIVE_INFINITY;
  if (value === "nan") return Number.NaN;
  throw new Error(`not a recorded number: ${value}`);
}

/** Largest absolute difference; throws on different lengths and on a NaN on one side only. */
export function maxDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new Error(`lengths differ: ${actual.length} against ${expected.length} recorded`);
  }
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] as number;
    const b = expected[i] as number;
    if (Number.isNaN(a) !== Number.isNaN(b)) return Number.POSITIVE_INFINITY;
    if (a === b || Number.isNaN(a)) continue;
    largest = Math.max(largest, Math.abs(a - b));
  }
  return largest;
}

/** Largest absolute value, the scale of relative tolerances. */
export function maxAbs(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] as number));
  return largest;
}
