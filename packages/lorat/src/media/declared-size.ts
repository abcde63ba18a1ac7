import type { FileHandle } from "node:fs/promises";

/** What the outermost boxes of a container say of the file's length. */
export interface DeclaredSize {
  /** `other` covers every file that is neither MP4/MOV nor Matroska/WebM. */
  readonly container: "isobmff" | "matroska" | "other";
  /** Bytes that the file should have at least; undefined where the container leaves it open. */
  readonly bytes: number | undefined;
  /** MP4/MOV only: whether the index of the samples (`moov`) was met. */
  readonly hasIndex: boolean;
}

const EBML_MAGIC = 0x1a45dfa3;
const SEGMENT_ID = 0x18538067;

/**
 * Walks the outermost boxes only (ISO/IEC 14496-12 section 4.2, RFC 8794 section 4), to tell a file that was cut
 * short from a whole one: decoders just stop at the end of what is there.
 */
export async function readDeclaredSize(file: FileHandle, sizeBytes: number): Promise<DeclaredSize> {
  const head = await readAt(file, 0, 16);
  if (head.length >= 8 && isBoxName(head, 4) && TOP_BOXES.has(name(head, 4))) {
    return walkBoxes(file, sizeBytes);
  }
  if (head.length >= 4 && head.readUInt32BE(0) === EBML_MAGIC) return walkMatroska(file);
  return { container: "other", bytes: undefined, hasIndex: false };
}

const TOP_BOXES = new Set(["ftyp", "styp", "moov", "moof", "mdat", "free", "skip", "wide", "sidx", "pnot"]);

async function walkBoxes(file: FileHandle, sizeBytes: number): Promise<DeclaredSize> {
  let hasIndex = false;
  let offset = 0;
  while (offset < sizeBytes) {
    const head = await readAt(file, offset, 16);
    if (head.length < 8) return { container: "isobmff", bytes: offset + 8, hasIndex };
    if (!isBoxName(head, 4)) break;
    let length = head.readUInt32BE(0);
    if (length === 0) length = sizeBytes - offset; // to the end of the file
    if (length === 1) {
      if (head.length < 16) return { container: "isobmff", bytes: offset + 16, hasIndex };
      length = Number(head.readBigUInt64BE(8));
    }
    if (length < 8) break;
    if (offset + length > sizeBytes) return { container: "isobmff", bytes: offset + length, hasIndex };
    if (name(head, 4) === "moov") hasIndex = true;
    offset += length;
  }
  return { container: "isobmff", bytes: offset, hasIndex };
}

async function walkMatroska(file: FileHandle): Promise<DeclaredSize> {
  const none: DeclaredSize = { container: "matroska", bytes: undefined, hasIndex: false };
  const head = await readAt(file, 0, 64);
  const headerSize = readVint(head, 4);
  if (!headerSize || headerSize.value === undefined) return none;
  const segmentAt = 4 + headerSize.length + headerSize.value;
  const segment = await readAt(file, segmentAt, 12);
  if (segment.length < 12 || segment.readUInt32BE(0) !== SEGMENT_ID) return none;
  const size = readVint(segment, 4);
  if (!size || size.value === undefined) return none;
  return { ...none, bytes: segmentAt + 4 + size.length + size.value };
}

/** A variable-length EBML size; `value` is undefined for the reserved "unknown" pattern. */
function readVint(bytes: Buffer, offset: number): { length: number; value: number | undefined } | undefined {
  const first = bytes[offset];
  if (first === undefined || first === 0) return undefined;
  const length = Math.clz32(first) - 23;
  if (offset + length > bytes.length) return undefined;
  let value = first & (0xff >> length);
  let unknown = value === 0xff >> length;
  for (let i = 1; i < length; i++) {
    const byte = bytes[offset + i]!;
    value = value * 256 + byte;
    unknown &&= byte === 0xff;
  }
  return { length, value: unknown ? undefined : value };
}

function isBoxName(bytes: Buffer, offset: number): boolean {
  return /^[\w©\- ]{4}$/.test(name(bytes, offset));
}

function name(bytes: Buffer, offset: number): string {
  return bytes.toString("latin1", offset, offset + 4);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
