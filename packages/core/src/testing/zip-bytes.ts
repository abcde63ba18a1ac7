import type { ByteSource } from "../weights/byte-source.ts";
import { ascii, joined, u16, u32, u64 } from "./bytes.ts";

/** A member to put in a zip archive; the odd fields make archives that must be refused. */
export interface ZipMember {
  readonly name: string;
  /** Its bytes, or a number of zeros that are never held in memory. */
  readonly data: Uint8Array | number;
  readonly flags?: number;
  readonly method?: number;
  /** Name in the local header where it should differ. */
  readonly localName?: string;
  /** Length in the directory where it should differ. */
  readonly length?: number;
  /** Where the directory says that it begins, where that should differ. */
  readonly headerOffset?: number;
}

export interface ZipLayout {
  /** Write zip64 records and 64-bit sizes even where they are not needed. */
  readonly zip64?: boolean;
  readonly comment?: string;
  readonly disk?: number;
  /** Entries in the end record where it should differ. */
  readonly count?: number;
}

interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A zip archive of stored members, padded as torch pads, as a source that holds only what is not zeros. */
export function zipSource(members: readonly ZipMember[], layout: ZipLayout = {}): ByteSource {
  const segments: Segment[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const put = (bytes: Uint8Array) => {
    segments.push({ offset: at, bytes });
    at += bytes.byteLength;
  };
  for (const member of members) {
    const headerOffset = at;
    const localName = ascii(member.localName ?? member.name);
    const padding = (64 - ((at + 30 + localName.byteLength + 4) % 64)) % 64;
    const extra = joined([ascii("FB"), u16(padding), new Uint8Array(padding).fill(0x5a)]);
    const { flags = 0x0808, method = 0 } = member;
    put(
      joined([
        u32(0x04034b50),
        u16(0),
        u16(flags),
        u16(method),
        new Uint8Array(16),
        u16(localName.byteLength),
        u16(extra.byteLength),
        localName,
        extra,
      ]),
    );
    const real = typeof member.data === "number" ? member.data : member.data.byteLength;
    if (typeof member.data === "number") at += member.data;
    else put(member.data);
    directory.push(
      directoryEntry(
        member,
        member.length ?? real,
        member.headerOffset ?? headerOffset,
        layout.zip64 ?? false,
      ),
    );
  }
  const directoryOffset = at;
  const directoryBytes = joined(directory);
  put(directoryBytes);
  put(endRecords(members.length, directoryBytes.byteLength, directoryOffset, layout));
  return sparseSource(segments, at);
}

/** {@link zipSource} as bytes. */
export async function zipBytes(members: readonly ZipMember[], layout: ZipLayout = {}): Promise<Uint8Array> {
  const source = zipSource(members, layout);
  return source.read(0, source.size);
}

function directoryEntry(member: ZipMember, length: number, headerOffset: number, zip64: boolean): Uint8Array {
  const limit = 0xffffffff;
  const wide = [length, length, headerOffset].map((value) => zip64 || value >= limit);
  const fields = [length, length, headerOffset].map((value, i) => u32(wide[i] ? limit : value));
  const wideBytes = joined(
    [length, length, headerOffset].flatMap((value, i) => (wide[i] ? [u64(value)] : [])),
  );
  const extra = wideBytes.byteLength > 0 ? joined([u16(1), u16(wideBytes.byteLength), wideBytes]) : wideBytes;
  const name = ascii(member.name);
  const { flags = 0x0808, method = 0 } = member;
  return joined([
    u32(0x02014b50),
    u16(0),
    u16(0),
    u16(flags),
    u16(method),
    new Uint8Array(8),
    fields[1]!,
    fields[0]!,
    u16(name.byteLength),
    u16(extra.byteLength),
    new Uint8Array(10),
    fields[2]!,
    name,
    extra,
  ]);
}

function endRecords(members: number, length: number, offset: number, layout: ZipLayout): Uint8Array {
  const comment = ascii(layout.comment ?? "");
  const wide = layout.zip64 || offset >= 0xffffffff;
  const count = layout.count ?? members;
  const disk = layout.disk ?? 0;
  const wideRecords = wide
    ? [
        joined([
          u32(0x06064b50),
          u64(44),
          u16(45),
          u16(45),
          u32(disk),
          u32(disk),
          u64(count),
          u64(count),
          u64(length),
          u64(offset),
        ]),
        joined([u32(0x07064b50), u32(0), u64(offset + length), u32(1)]),
      ]
    : [];
  const end = joined([
    u32(0x06054b50),
    u16(disk),
    u16(disk),
    u16(wide ? 0xffff : count),
    u16(wide ? 0xffff : count),
    u32(wide ? 0xffffffff : length),
    u32(wide ? 0xffffffff : offset),
    u16(comment.byteLength),
    comment,
  ]);
  return joined([...wideRecords, end]);
}

/** A source of `size` bytes that are zero outside the segments. */
export function sparseSource(segments: readonly Segment[], size: number): ByteSource {
  return {
    size,
    async read(offset, length) {
      if (offset < 0 || offset + length > size)
        throw new RangeError(`read past the end: ${offset} + ${length}`);
      const out = new Uint8Array(length);
      for (const { offset: at, bytes } of segments) {
        const from = Math.max(at, offset);
        const to = Math.min(at + bytes.byteLength, offset + length);
        if (from < to) out.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return out;
    },
  };
}
