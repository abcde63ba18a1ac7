import { LoratError } from "@lorat/graph";
import type { ByteSource } from "./byte-source.ts";
import { decodeFloat32, dtypeSize, dtypes, elementCount, isWeightDType } from "./dtype.ts";
import { parseStrictJson } from "./strict-json.ts";
import {
  checkElements,
  formatShape,
  requireEntry,
  type TensorEntry,
  type TensorFile,
} from "./tensor-file.ts";

const maxHeaderBytes = 100_000_000;
const jsonCodes = { syntax: "SAFETENSORS_HEADER_JSON", duplicate: "SAFETENSORS_DUPLICATE_KEY" };

/**
 * Opens a safetensors file and checks it as strictly as the format's own reference: nothing is read later that the header
 * does not account for, to the byte. Only the header comes into memory.
 *
 * Throws, each with what was found and where: `SAFETENSORS_TOO_SHORT`, `SAFETENSORS_HEADER_TOO_LARGE`,
 * `SAFETENSORS_HEADER_LENGTH`, `SAFETENSORS_HEADER_START`, `SAFETENSORS_HEADER_UTF8`, `SAFETENSORS_HEADER_JSON`,
 * `SAFETENSORS_DUPLICATE_KEY`, `SAFETENSORS_METADATA`, `SAFETENSORS_ENTRY`, `SAFETENSORS_DTYPE`, `SAFETENSORS_OVERFLOW`,
 * `SAFETENSORS_TENSOR_SIZE`, `SAFETENSORS_OVERLAP`, `SAFETENSORS_GAP`, `SAFETENSORS_TRUNCATED`, `SAFETENSORS_TRAILING_BYTES`.
 */
export async function openSafetensors(source: ByteSource): Promise<TensorFile> {
  const headerLength = await readHeaderLength(source);
  const text = decodeHeader(await source.read(8, headerLength));
  const { metadata, entries } = parseHeader(text, 8 + headerLength);
  checkLayout(entries, 8 + headerLength, source.size);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));

  async function bytes(name: string, begin = 0, end?: number): Promise<Uint8Array> {
    const entry = requireEntry(byName, name);
    const count = elementCount(entry.shape);
    checkElements(name, begin, end ?? count, count);
    const size = dtypeSize[entry.dtype];
    return source.read(entry.offset + begin * size, ((end ?? count) - begin) * size);
  }
  return {
    format: "safetensors",
    size: source.size,
    metadata,
    entries: byName,
    bytes,
    float32: async (name, begin, end) =>
      decodeFloat32(requireEntry(byName, name).dtype, await bytes(name, begin, end)),
  };
}

async function readHeaderLength(source: ByteSource): Promise<number> {
  if (source.size < 8) {
    throw new LoratError(
      "SAFETENSORS_TOO_SHORT",
      `a safetensors file starts with 8 bytes of header length, this one has ${source.size} bytes`,
    );
  }
  const start = await source.read(0, 8);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw new LoratError(
      "SAFETENSORS_HEADER_TOO_LARGE",
      `the first 8 bytes give a header of ${length} bytes, the format allows ${maxHeaderBytes}`,
      { hint: "This is most likely no safetensors file." },
    );
  }
  if (8 + Number(length) > source.size) {
    throw new LoratError(
      "SAFETENSORS_HEADER_LENGTH",
      `the header should be ${length} bytes long, the whole file has ${source.size}`,
      { hint: "The file was cut short, or it is no safetensors file." },
    );
  }
  return Number(length);
}

function decodeHeader(bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) {
    const found = bytes.length === 0 ? "nothing" : `byte 0x${bytes[0]!.toString(16).padStart(2, "0")}`;
    throw new LoratError(
      "SAFETENSORS_HEADER_START",
      `the header should start with "{", it starts with ${found}`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new LoratError("SAFETENSORS_HEADER_UTF8", "the header is not valid UTF-8", { cause });
  }
}

function parseHeader(text: string, dataStart: number) {
  const header = parseStrictJson(text, "the safetensors header", jsonCodes) as Record<string, unknown>;
  const entries: TensorEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value, dataStart));
  }
  return { metadata, entries };
}

function parseMetadata(value: unknown): Map<string, string> {
  const pairs = isObject(value) ? Object.entries(value) : undefined;
  const wrong = pairs?.find(([, text]) => typeof text !== "string");
  if (!pairs || wrong) {
    const found = wrong ? `"${wrong[0]}" is ${describe(wrong[1])}` : `it is ${describe(value)}`;
    throw new LoratError("SAFETENSORS_METADATA", `__metadata__ should map text to text, ${found}`);
  }
  return new Map(pairs as [string, string][]);
}

function parseEntry(name: string, value: unknown, dataStart: number): TensorEntry {
  const fail = (expected: string, found: unknown) => {
    throw new LoratError("SAFETENSORS_ENTRY", `"${name}" should have ${expected}, found ${describe(found)}`);
  };
  if (!isObject(value)) return fail("an object with dtype, shape and data_offsets", value);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") return fail("its dtype as text", dtype);
  if (!isNumbers(shape)) return fail("its shape as a list of integers", shape);
  if (!isNumbers(offsets) || offsets.length !== 2) return fail("two integers as data_offsets", offsets);
  if (!isWeightDType(dtype)) {
    throw new LoratError(
      "SAFETENSORS_DTYPE",
      `"${name}" has the dtype ${dtype}; known are ${dtypes.join(", ")}`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const bytes = checkedBytes(name, dtype, shape);
  if (!Number.isSafeInteger(end) || !Number.isSafeInteger(begin)) {
    throw new LoratError(
      "SAFETENSORS_OVERFLOW",
      `"${name}" has data_offsets beyond what can be addressed: ${offsets}`,
    );
  }
  if (end < begin) {
    throw new LoratError(
      "SAFETENSORS_TENSOR_SIZE",
      `"${name}" ends before it begins: data_offsets [${begin}, ${end}]`,
    );
  }
  if (end - begin !== bytes) {
    throw new LoratError(
      "SAFETENSORS_TENSOR_SIZE",
      `"${name}" of shape ${formatShape(shape)} and dtype ${dtype} needs ${bytes} bytes, its data_offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape, offset: dataStart + begin, length: bytes };
}

/** Bytes of a tensor, with every product on the way checked as the reference checks its own. */
function checkedBytes(name: string, dtype: keyof typeof dtypeSize, shape: readonly number[]): number {
  let product = 1;
  for (const factor of [...shape, dtypeSize[dtype]]) {
    product *= factor;
    if (!Number.isSafeInteger(factor) || !Number.isSafeInteger(product)) {
      throw new LoratError(
        "SAFETENSORS_OVERFLOW",
        `"${name}" of shape ${formatShape(shape)} and dtype ${dtype} has more bytes than can be counted`,
      );
    }
  }
  return product;
}

/** Sorts `entries` by place and checks that they cover the data to the byte. */
function checkLayout(entries: TensorEntry[], dataStart: number, fileSize: number): void {
  entries.sort((a, b) => a.offset - b.offset || a.length - b.length);
  let reached = dataStart;
  let before = "the header";
  for (const { name, offset, length } of entries) {
    const place = `"${name}" begins at byte ${offset - dataStart} of the data`;
    if (offset < reached) {
      throw new LoratError(
        "SAFETENSORS_OVERLAP",
        `${place}, inside ${before} which ends at ${reached - dataStart}`,
      );
    }
    if (offset > reached) {
      throw new LoratError("SAFETENSORS_GAP", `${place}, but ${before} ends at ${reached - dataStart}`);
    }
    reached = offset + length;
    before = `"${name}"`;
  }
  if (reached > fileSize) {
    throw new LoratError(
      "SAFETENSORS_TRUNCATED",
      `the header accounts for ${reached} bytes, the file has ${fileSize}`,
      {
        hint: "The file was cut short; fetch it again.",
      },
    );
  }
  if (reached < fileSize) {
    throw new LoratError(
      "SAFETENSORS_TRAILING_BYTES",
      `the header accounts for ${reached} bytes, the file has ${fileSize}: ${fileSize - reached} belong to no tensor`,
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

function describe(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
}
