import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { writeOutput } from "../files/pending-file.ts";
import type { WatchedPath } from "./annotation-source.ts";
import { type DatasetColumns, textAt } from "./columns.ts";
import { DATASET_KINDS } from "./dataset.ts";
import { growingTexts } from "./growing.ts";

/**
 * One file: `LORATIDX`, length and checksum of a JSON head, the head, then columns as they lie in memory, each from a
 * multiple of 8 bytes on. Read into one shared buffer that the columns are views of.
 */
const MAGIC = "LORATIDX";
/** Raised whenever the format changes. */
export const INDEX_VERSION = 1;
const FIXED = 24;

const types = { Uint8Array, Uint32Array, Int32Array, Float32Array, Float64Array };
type Numbers = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array;

const whole = z.int().min(0);

/** Schema of the head: what was indexed, the columns that are no arrays, and where the arrays lie. */
const headSchema = z.object({
  version: z.number(),
  /** Everything that chose what was indexed. */
  key: z.string(),
  columns: z.object({
    name: z.string(),
    kind: z.enum(DATASET_KINDS),
    root: z.string(),
    fingerprint: z.string(),
    warnings: z.array(z.string()),
    patterns: z.array(z.object({ prefix: z.string(), digits: whole, suffix: z.string() })),
  }),
  sections: z.array(
    z.object({
      name: z.string(),
      type: z.enum(["Uint8Array", "Uint32Array", "Int32Array", "Float32Array", "Float64Array"]),
      offset: whole,
      length: whole,
      checksum: whole,
    }),
  ),
});
type Head = z.infer<typeof headSchema>;
type Section = Head["sections"][number];

export interface DatasetIndex {
  readonly columns: DatasetColumns;
  /** Files and folders that it was made from, as they were. */
  readonly watched: readonly WatchedPath[];
}

/** Puts columns into the form of the file, whose columns they are from then on. */
export function encodeIndex(
  { columns, watched }: DatasetIndex,
  head: Pick<Head, "version" | "key">,
): Uint8Array {
  const paths = growingTexts();
  for (const { path } of watched) paths.push(path);
  const { name, kind, root, fingerprint, warnings, patterns, names, folders, files, ...plain } = columns;
  const texts = { names, folders, files, watched: paths.column() };
  const arrays: [string, Numbers][] = Object.entries(plain);
  for (const [key, text] of Object.entries(texts))
    arrays.push([`${key}.bytes`, text.bytes], [`${key}.offsets`, text.offsets]);
  const states = watched.flatMap(({ size, modifiedMs }) => [size, modifiedMs]);
  arrays.push(["watched.states", Float64Array.from(states)]);

  let offset = 0;
  const sections = arrays.map(([section, values]): Section => {
    const type = values.constructor.name as Section["type"];
    const entry = { name: section, type, offset, length: values.length, checksum: crc32(bytesOf(values)) };
    offset = align(offset + values.byteLength);
    return entry;
  });
  const described = { name, kind, root, fingerprint, warnings, patterns };
  const json = Buffer.from(JSON.stringify({ ...head, columns: described, sections }));
  const start = align(FIXED + json.length);
  const file = new Uint8Array(new SharedArrayBuffer(start + offset));
  const fixed = new DataView(file.buffer);
  file.set(Buffer.from(MAGIC));
  fixed.setUint32(8, json.length, true);
  fixed.setUint32(12, crc32(json), true);
  fixed.setFloat64(16, file.length, true);
  file.set(json, FIXED);
  arrays.forEach(([, values], i) => {
    file.set(bytesOf(values), start + sections[i]!.offset);
  });
  return file;
}

/** The index in a file's bytes; undefined where they are damaged, of another version or made for another key. */
export function decodeIndex(file: Uint8Array, key: string): DatasetIndex | undefined {
  if (file.length < FIXED || Buffer.from(file.slice(0, 8)).toString("latin1") !== MAGIC) return undefined;
  const fixed = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const json = Buffer.from(file.slice(FIXED, FIXED + fixed.getUint32(8, true)));
  if (fixed.getFloat64(16, true) !== file.length || crc32(json) !== fixed.getUint32(12, true))
    return undefined;
  const { data: head } = headSchema.safeParse(JSON.parse(json.toString("utf8")));
  if (head?.version !== INDEX_VERSION || head.key !== key) return undefined;
  const start = align(FIXED + json.length);
  const arrays = new Map<string, Numbers>();
  for (const { name, type, offset, length, checksum } of head.sections) {
    const values = new types[type](file.buffer as ArrayBuffer, file.byteOffset + start + offset, length);
    if (crc32(bytesOf(values)) !== checksum) return undefined;
    arrays.set(name, values);
  }
  const array = <T extends Numbers>(name: string) => arrays.get(name) as T;
  const text = (name: string) => ({
    bytes: array<Uint8Array>(`${name}.bytes`),
    offsets: array<Uint32Array>(`${name}.offsets`),
  });
  const paths = text("watched");
  const states = array<Float64Array>("watched.states");
  return {
    columns: {
      ...head.columns,
      names: text("names"),
      folders: text("folders"),
      files: text("files"),
      lengths: array("lengths"),
      patternOf: array("patternOf"),
      starts: array("starts"),
      objectOffsets: array("objectOffsets"),
      firstFrames: array("firstFrames"),
      rowOffsets: array("rowOffsets"),
      boxes: array("boxes"),
      presence: array("presence"),
    },
    watched: Array.from({ length: states.length / 2 }, (_, i) => ({
      path: textAt(paths, i),
      size: states[2 * i]!,
      modifiedMs: states[2 * i + 1]!,
    })),
  };
}

/** The bytes of a file in shared memory; undefined where there is none or it cannot be read. */
export async function readShared(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) return undefined;
      at += bytesRead;
    }
    return bytes;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** Writes beside and renames, so that a reader never sees half a file. Throws `OUTPUT_UNWRITABLE`. */
export async function writeIndex(path: string, bytes: Uint8Array): Promise<void> {
  await writeOutput(path, { force: true }, async (partial) => {
    const file = await open(partial, "w");
    try {
      let at = 0;
      while (at < bytes.length) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    } finally {
      await file.close();
    }
  });
}

function bytesOf(values: Numbers): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}
