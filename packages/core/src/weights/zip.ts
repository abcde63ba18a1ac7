import { LoratError } from "@lorat/graph";
import type { ByteSource } from "./byte-source.ts";

/** A stored (uncompressed) member of a zip archive: its bytes are a range of the archive's. */
export interface ZipEntry {
  readonly name: string;
  /** Absolute offset of its first byte in the archive. */
  readonly offset: number;
  readonly length: number;
}

const endSignature = 0x06054b50;
const end64LocatorSignature = 0x07064b50;
const end64Signature = 0x06064b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
const maxDirectoryBytes = 100_000_000;

/**
 * Lists the members of a zip archive whose members are all stored, as torch writes them (zip64 included), reading only
 * the central directory and the members' local headers. Nothing is ever unpacked to a path. `inspect` sees the names
 * first and may refuse the archive for what it is.
 *
 * Throws `ZIP_NO_DIRECTORY` (cut short, or no zip at all), `ZIP_MULTI_DISK`, `ZIP_DIRECTORY` (damaged), `ZIP_ENCRYPTED`,
 * `ZIP_COMPRESSED`, `ZIP_UNSAFE_NAME`, `ZIP_DUPLICATE_NAME`, `ZIP_OVERLAP`.
 */
export async function readStoredZip(
  source: ByteSource,
  inspect: (names: readonly string[]) => void = () => {},
): Promise<Map<string, ZipEntry>> {
  const { offset, length, count } = await findDirectory(source);
  const members = parseDirectory(view(await source.read(offset, length)), count);
  inspect(members.map(({ name }) => name));
  const entries: ZipEntry[] = [];
  for (const member of members) entries.push(await locate(source, member, offset));
  checkOverlap(entries);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

async function findDirectory(source: ByteSource) {
  // the end record is followed by a comment of at most 65,535 bytes
  const tailLength = Math.min(source.size, 22 + 0xffff);
  const tailStart = source.size - tailLength;
  const tail = view(await source.read(tailStart, tailLength));
  let at = tailLength - 22;
  while (
    at >= 0 &&
    !(tail.getUint32(at, true) === endSignature && at + 22 + tail.getUint16(at + 20, true) === tailLength)
  ) {
    at--;
  }
  if (at < 0) {
    throw new LoratError(
      "ZIP_NO_DIRECTORY",
      `the ${source.size} bytes do not end with a zip archive's directory`,
      {
        hint: "The file was cut short, or it is no zip archive; fetch it again.",
      },
    );
  }
  let found = {
    disks: [tail.getUint16(at + 4, true), tail.getUint16(at + 6, true)],
    count: tail.getUint16(at + 10, true),
    length: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const endOfDirectory = tailStart + at;
  let limit = endOfDirectory;
  const locatorAt = endOfDirectory - 20;
  if (locatorAt >= 0) {
    const locator = view(await source.read(locatorAt, 20));
    if (locator.getUint32(0, true) === end64LocatorSignature) {
      limit = uint64(locator, 8);
      found = await readEnd64(source, limit);
    }
  }
  if (found.disks.some((disk) => disk !== 0)) {
    throw new LoratError("ZIP_MULTI_DISK", "the zip archive is split over several files");
  }
  if (found.offset + found.length !== limit || found.length > maxDirectoryBytes) {
    throw damaged(
      `of ${found.length} bytes at ${found.offset} should end where its end record begins, at ${limit}`,
    );
  }
  return found;
}

async function readEnd64(source: ByteSource, offset: number) {
  if (offset + 56 > source.size)
    throw damaged(`has its zip64 end record at ${offset}, past the end of the file`);
  const end = view(await source.read(offset, 56));
  if (end.getUint32(0, true) !== end64Signature) throw damaged(`has no zip64 end record at ${offset}`);
  return {
    disks: [end.getUint32(16, true), end.getUint32(20, true)],
    count: uint64(end, 32),
    length: uint64(end, 40),
    offset: uint64(end, 48),
  };
}

interface Member {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly length: number;
  /** Bytes that it takes in the archive. */
  readonly stored: number;
  readonly headerOffset: number;
  readonly flags: number;
  readonly method: number;
}

function parseDirectory(directory: DataView, count: number): Member[] {
  const members: Member[] = [];
  const names = new Set<string>();
  let at = 0;
  while (at < directory.byteLength) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== centralSignature) {
      throw damaged(`has no entry at its byte ${at}, where entry ${members.length} should be`);
    }
    const nameLength = directory.getUint16(at + 28, true);
    const extraLength = directory.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + directory.getUint16(at + 32, true);
    if (next > directory.byteLength) throw damaged(`ends inside entry ${members.length}`);
    const nameBytes = new Uint8Array(directory.buffer, directory.byteOffset + at + 46, nameLength);
    const name = checkedName(nameBytes);
    if (names.has(name))
      throw new LoratError("ZIP_DUPLICATE_NAME", `the zip archive has two members called "${name}"`);
    names.add(name);
    const flags = directory.getUint16(at + 8, true);
    const method = directory.getUint16(at + 10, true);
    const extra = new DataView(directory.buffer, directory.byteOffset + at + 46 + nameLength, extraLength);
    const sizes = wideSizes(
      name,
      extra,
      [24, 20, 42].map((field) => directory.getUint32(at + field, true)),
    );
    const [length, stored, headerOffset] = sizes as [number, number, number];
    members.push({ name, nameBytes, length, stored, headerOffset, flags, method });
    at = next;
  }
  if (members.length !== count) throw damaged(`has ${members.length} entries, its end record says ${count}`);
  return members;
}

/** Replaces the fields that read 0xffffffff with their 64-bit values from the zip64 extra field, in order. */
function wideSizes(name: string, extra: DataView, narrow: readonly number[]): number[] {
  let at = 0;
  let wide: DataView | undefined;
  while (at + 4 <= extra.byteLength) {
    const length = extra.getUint16(at + 2, true);
    if (at + 4 + length > extra.byteLength) throw damaged(`has a cut extra field at "${name}"`);
    if (extra.getUint16(at, true) === 0x0001)
      wide = new DataView(extra.buffer, extra.byteOffset + at + 4, length);
    at += 4 + length;
  }
  let wideAt = 0;
  return narrow.map((value) => {
    if (value !== 0xffffffff) return value;
    if (!wide || wideAt + 8 > wide.byteLength) throw damaged(`lacks the zip64 size of "${name}"`);
    wideAt += 8;
    return uint64(wide, wideAt - 8);
  });
}

function checkedName(bytes: Uint8Array): string {
  // torch writes ASCII names; Latin-1 shows any other byte instead of failing on it
  const name = String.fromCharCode(...bytes);
  const parts = name.split("/");
  const unsafe = /^$|^\/|^[A-Za-z]:|[\\\0]/.test(name) || parts.includes("..") || parts.includes(".");
  if (unsafe) {
    throw new LoratError(
      "ZIP_UNSAFE_NAME",
      `the zip archive has a member called ${JSON.stringify(name)}, which points outside it`,
      {
        hint: "No program that saves weights writes such names; do not use this file.",
      },
    );
  }
  return name;
}

function checkStored(name: string, flags: number, method: number): void {
  const encrypted = 0x0001 | 0x0040 | 0x2000;
  if ((flags & encrypted) !== 0)
    throw new LoratError("ZIP_ENCRYPTED", `the zip member "${name}" is encrypted`);
  if (method !== 0) {
    throw new LoratError("ZIP_COMPRESSED", `the zip member "${name}" is compressed (method ${method})`, {
      hint: "torch stores its members uncompressed: unpack this archive and give the file inside it, or save it again with torch.save.",
    });
  }
}

/** Finds where a member's bytes begin; its local header has extra fields of its own (torch pads there). */
async function locate(source: ByteSource, member: Member, limit: number): Promise<ZipEntry> {
  const { name, nameBytes, length, stored, headerOffset } = member;
  checkStored(name, member.flags, member.method);
  if (length !== stored)
    throw damaged(`gives "${name}" two lengths, ${length} and ${stored}, though it is stored`);
  const fixed = 30 + nameBytes.byteLength;
  if (headerOffset + fixed > limit)
    throw damaged(`puts "${name}" at ${headerOffset}, past the members' end ${limit}`);
  const header = view(await source.read(headerOffset, fixed));
  const sameName = nameBytes.every((byte, i) => header.getUint8(30 + i) === byte);
  if (
    header.getUint32(0, true) !== localSignature ||
    header.getUint16(26, true) !== nameBytes.byteLength ||
    !sameName
  ) {
    throw damaged(`and the header at ${headerOffset} disagree about "${name}"`);
  }
  checkStored(name, header.getUint16(6, true), header.getUint16(8, true));
  const offset = headerOffset + fixed + header.getUint16(28, true);
  if (offset + length > limit)
    throw damaged(`gives "${name}" ${length} bytes at ${offset}, past the members' end ${limit}`);
  return { name, offset, length };
}

function checkOverlap(entries: readonly ZipEntry[]): void {
  const byOffset = [...entries].sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < byOffset.length; i++) {
    const [before, here] = [byOffset[i - 1]!, byOffset[i]!];
    if (before.offset + before.length > here.offset) {
      throw new LoratError("ZIP_OVERLAP", `the zip members "${before.name}" and "${here.name}" share bytes`);
    }
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function uint64(data: DataView, at: number): number {
  const value = data.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(`has the impossible size ${value}`);
  return Number(value);
}

function damaged(what: string): LoratError {
  return new LoratError("ZIP_DIRECTORY", `the zip archive is damaged: its directory ${what}`, {
    hint: "Fetch the file again.",
  });
}
