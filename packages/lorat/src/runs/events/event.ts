import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** Castagnoli's polynomial, bits reversed. */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

/** CRC-32C of some bytes, as a whole number below 2 ** 32. Source: RFC 3720, appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** What one TensorBoard event says. */
export type EventContent =
  | { readonly fileVersion: string }
  | { readonly scalars: readonly Scalar[] }
  /** A run that was stopped goes on here: what was written for this step and later ones no longer counts. */
  | { readonly sessionStart: true };

export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

/** Field numbers of TensorBoard's `event.proto` and `summary.proto`, of the fields that scalars need. */
const field = {
  event: { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 },
  summary: { value: 1 },
  value: { tag: 1, simpleValue: 2 },
  sessionLog: { status: 1 },
} as const;
const sessionLogStart = 1;

/** A `tensorboard.Event` message. `wallTimeSec`: seconds since 1970. */
export function encodeEvent(
  wallTimeSec: number,
  step: number,
  content: EventContent,
): Uint8Array<ArrayBufferLike> {
  const writer = new BinaryWriter();
  const start = (number: number, type: number) => writer.tag(number, type);
  start(field.event.wallTime, wireType.bit64).double(wallTimeSec);
  if (step !== 0) start(field.event.step, wireType.varint).int64(step);
  if ("fileVersion" in content) {
    start(field.event.fileVersion, wireType.delimited).string(content.fileVersion);
  } else if ("sessionStart" in content) {
    start(field.event.sessionLog, wireType.delimited).fork();
    start(field.sessionLog.status, wireType.varint).int32(sessionLogStart);
    writer.join();
  } else {
    start(field.event.summary, wireType.delimited).fork();
    for (const { tag, value } of content.scalars) {
      start(field.summary.value, wireType.delimited).fork();
      start(field.value.tag, wireType.delimited).string(tag);
      start(field.value.simpleValue, wireType.bit32).float(value);
      writer.join();
    }
    writer.join();
  }
  return writer.finish();
}

const wireType = { varint: 0, bit64: 1, delimited: 2, bit32: 5 } as const;

/**
 * A message as a record of a TFRecord file: its length (8 bytes, little endian), the length's masked CRC-32C, the message,
 * the message's masked CRC-32C. Source: TensorFlow's documentation of TFRecord.
 */
export function frameRecord(message: Uint8Array): Uint8Array {
  const record = new Uint8Array(message.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(message, 12);
  view.setUint32(12 + message.length, masked(crc32c(message)), true);
  return record;
}

/** Rotated and offset, so that the checksum of bytes that hold checksums stays useful. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
