import { LoratError } from "@lorat/graph";

/** Reads a pickle's arguments front to back; every method throws `PICKLE_DAMAGED` past the end. */
export interface PickleReader {
  position(): number;
  byte(): number;
  uint16(): number;
  int32(): number;
  uint32(): number;
  uint64(): number;
  /** Big-endian, as pickle has it. */
  float64(): number;
  /** A two's-complement integer of `length` bytes; throws `PICKLE_LIMIT` past 8 bytes or past what a number holds exactly. */
  long(length: number): number;
  /** UTF-8 text of `length` bytes; throws `PICKLE_LIMIT` past a megabyte. */
  text(length: number): string;
  /** Text up to the next line end, without it. */
  line(): string;
  /** Skips a frame's length, which only helps readers of streams. */
  skipFrame(): void;
}

const maxTextBytes = 1_000_000;

export function pickleReader(bytes: Uint8Array): PickleReader {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;

  function take(length: number): number {
    if (length < 0 || at + length > bytes.byteLength) {
      throw new LoratError(
        "PICKLE_DAMAGED",
        `the pickle ends at byte ${bytes.byteLength}, inside a value that begins at ${at}`,
        {
          hint: "The file is damaged, or no file of weights.",
        },
      );
    }
    at += length;
    return at - length;
  }

  function uint64(): number {
    const value = data.getBigUint64(take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw limit(`a length of ${value}`);
    return Number(value);
  }

  function text(length: number): string {
    if (length > maxTextBytes) throw limit(`a text of ${length} bytes`);
    const from = take(length);
    try {
      return utf8.decode(bytes.subarray(from, from + length));
    } catch (cause) {
      throw new LoratError("PICKLE_DAMAGED", `the pickle's text at byte ${from} is not valid UTF-8`, {
        cause,
      });
    }
  }

  return {
    position: () => at,
    byte: () => data.getUint8(take(1)),
    uint16: () => data.getUint16(take(2), true),
    int32: () => data.getInt32(take(4), true),
    uint32: () => data.getUint32(take(4), true),
    uint64,
    float64: () => data.getFloat64(take(8), false),
    long(length) {
      if (length > 8) throw limit(`an integer of ${length} bytes`);
      const from = take(length);
      let value = 0n;
      for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]!);
      const signed = Number(BigInt.asIntN(8 * length, value));
      if (!Number.isSafeInteger(signed)) throw limit(`the integer ${value}`);
      return signed;
    },
    text,
    line() {
      const end = bytes.indexOf(0x0a, at);
      const line = text((end === -1 ? bytes.byteLength + 1 : end) - at);
      take(1);
      return line;
    },
    skipFrame() {
      const length = uint64();
      if (at + length > bytes.byteLength) take(length);
    },
  };
}

function limit(what: string): LoratError {
  return new LoratError("PICKLE_LIMIT", `the pickle has ${what}, more than any file of weights needs`);
}
