import type { TextColumn } from "./columns.ts";

type Numbers = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** Numbers of a column that grows by doubling. */
interface Growing<T extends Numbers> {
  readonly length: number;
  push(value: number): void;
  append(values: ArrayLike<number>): void;
  /** What there is so far; a view. */
  values(): T;
}

export function growing<T extends Numbers>(make: (length: number) => T): Growing<T> {
  let buffer = make(1024);
  let length = 0;
  const reserve = (count: number) => {
    if (length + count <= buffer.length) return;
    const larger = make(Math.max(2 * buffer.length, length + count));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };
  return {
    get length() {
      return length;
    },
    push(value) {
      reserve(1);
      buffer[length++] = value;
    },
    append(values) {
      reserve(values.length);
      buffer.set(values, length);
      length += values.length;
    },
    values: () => buffer.subarray(0, length) as T,
  };
}

const encoder = new TextEncoder();

/** Texts of a column. */
interface GrowingTexts {
  readonly length: number;
  push(text: string): void;
  column(): TextColumn;
}

export function growingTexts(): GrowingTexts {
  const bytes = growing((length) => new Uint8Array(length));
  const offsets = growing((length) => new Uint32Array(length));
  offsets.push(0);
  return {
    get length() {
      return offsets.length - 1;
    },
    push(text) {
      bytes.append(encoder.encode(text));
      offsets.push(bytes.length);
    },
    column: () => ({ bytes: bytes.values(), offsets: offsets.values() }),
  };
}
