import { type FileHandle, open } from "node:fs/promises";

/** A movie's index is read whole up to this size; larger ones are of long videos that nobody cut by hand. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Whether a video track of an MP4 or MOV file has an edit list of more than one part, with another rate, or that ends before
 * the media does (ISO/IEC 14496-12 sections 8.6.5, 8.6.6): what mediabunny reads is the offset of a single one.
 */
export async function hasInvolvedEdits(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const movie = await findTopBox(file, size, "moov");
    return (
      movie !== undefined &&
      [...boxes(movie)].some(({ name, body }) => name === "trak" && isInvolved(body, movie))
    );
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

async function findTopBox(file: FileHandle, size: number, wanted: string): Promise<Buffer | undefined> {
  const head = Buffer.alloc(16);
  for (let at = 0; at + 8 <= size; ) {
    const { bytesRead } = await file.read(head, 0, 16, at);
    if (bytesRead < 8) return undefined;
    let length = head.readUInt32BE(0);
    let start = 8;
    if (length === 1 && bytesRead === 16) {
      length = Number(head.readBigUInt64BE(8));
      start = 16;
    }
    if (length === 0) length = size - at;
    if (length < start) return undefined;
    if (head.toString("latin1", 4, 8) === wanted) {
      if (length > MOST_BYTES || at + length > size) return undefined;
      const body = Buffer.alloc(length - start);
      await file.read(body, 0, body.length, at + start);
      return body;
    }
    at += length;
  }
  return undefined;
}

function* boxes(bytes: Buffer): Generator<{ readonly name: string; readonly body: Buffer }, void, void> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (length < 8 || at + length > bytes.length) return;
    yield { name: bytes.toString("latin1", at + 4, at + 8), body: bytes.subarray(at + 8, at + length) };
    at += length;
  }
}

function inside(bytes: Buffer, ...path: readonly string[]): Buffer | undefined {
  let found: Buffer | undefined = bytes;
  for (const name of path) found = found && [...boxes(found)].find((box) => box.name === name)?.body;
  return found;
}

function isInvolved(track: Buffer, movie: Buffer): boolean {
  const handler = inside(track, "mdia", "hdlr");
  const list = inside(track, "edts", "elst");
  if (!list || handler?.toString("latin1", 8, 12) !== "vide") return false;
  const isLong = list[0] === 1;
  const entrySize = isLong ? 20 : 12;
  const count = Math.min(list.readUInt32BE(4), Math.floor((list.length - 8) / entrySize));
  const entries = Array.from({ length: count }, (_, i) => {
    const at = 8 + i * entrySize;
    return isLong
      ? {
          duration: Number(list.readBigUInt64BE(at)),
          mediaTime: Number(list.readBigInt64BE(at + 8)),
          rate: list.readInt16BE(at + 16),
        }
      : {
          duration: list.readUInt32BE(at),
          mediaTime: list.readInt32BE(at + 4),
          rate: list.readInt16BE(at + 8),
        };
  });
  const shown = entries.filter(({ mediaTime }) => mediaTime >= 0);
  const [only] = shown;
  if (!only) return false;
  if (shown.length > 1 || entries.indexOf(only) > 1 || only.rate !== 1) return true;
  const media = inside(track, "mdia", "mdhd");
  const header = inside(movie, "mvhd");
  if (!media || !header || only.duration === 0) return false;
  const times = timing(media);
  const editedSec = only.duration / timing(header).scale;
  const leftSec = (times.duration - only.mediaTime) / times.scale;
  // The movie's clock is often no finer than a millisecond.
  return editedSec < leftSec - 0.002;
}

/** Scale and duration of `mdhd` or `mvhd`. */
function timing(box: Buffer): { readonly scale: number; readonly duration: number } {
  return box[0] === 1
    ? { scale: box.readUInt32BE(20), duration: Number(box.readBigUInt64BE(24)) }
    : { scale: box.readUInt32BE(12), duration: box.readUInt32BE(16) };
}
