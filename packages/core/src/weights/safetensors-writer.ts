import { LoratError } from "@lorat/graph";
import { dtypeSize, dtypes, elementCount, type WeightDType } from "./dtype.ts";
import { formatShape } from "./tensor-file.ts";

/** Where bytes go: a file, a response, a list in memory. Each array may be reused once its promise has settled. */
export interface ByteSink {
  write(bytes: Uint8Array): void | Promise<void>;
}

/** One tensor to write. Its data is either at hand or made piece by piece when its turn comes. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: WeightDType;
  readonly shape: readonly number[];
  /** Little-endian bytes, row-major. */
  readonly data: Uint8Array | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>);
}

/**
 * Writes a safetensors file to `sink`, holding no more than one piece of one tensor. Tensors are ordered as the format's
 * reference writer orders them (widest alignment first, then by name) and the data begins at a multiple of eight.
 *
 * Returns the number of bytes written. Throws `SAFETENSORS_WRITE` for a name given twice or reserved, and for data
 * whose length is not what shape and dtype need.
 */
export async function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
  sink: ByteSink,
): Promise<number> {
  const ordered = orderTensors(tensors);
  const header = encodeHeader(ordered, metadata);
  await sink.write(header);
  let written = header.byteLength;
  for (const tensor of ordered) {
    const expected = byteLength(tensor);
    let length = 0;
    const pieces = tensor.data instanceof Uint8Array ? [tensor.data] : tensor.data();
    for await (const piece of pieces) {
      length += piece.byteLength;
      if (length > expected) break;
      await sink.write(piece);
    }
    if (length !== expected) {
      throw new LoratError(
        "SAFETENSORS_WRITE",
        `"${tensor.name}" of shape ${formatShape(tensor.shape)} and dtype ${tensor.dtype} needs ${expected} bytes, ` +
          `its data has ${length > expected ? "more" : length}`,
      );
    }
    written += expected;
  }
  return written;
}

/** A whole safetensors file in memory; see {@link writeSafetensors}. */
export async function encodeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const length = await writeSafetensors(tensors, metadata, {
    write: (bytes) => {
      pieces.push(new Uint8Array(bytes));
    },
  });
  const file = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.byteLength;
  }
  return file;
}

function orderTensors(tensors: readonly TensorToWrite[]): TensorToWrite[] {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (name === "__metadata__" || seen.has(name)) {
      throw new LoratError(
        "SAFETENSORS_WRITE",
        `the tensor name "${name}" is ${seen.has(name) ? "given twice" : "reserved"}`,
      );
    }
    seen.add(name);
  }
  return tensors
    .map((tensor) => ({ tensor, rank: dtypes.indexOf(tensor.dtype), points: codePoints(tensor.name) }))
    .sort((a, b) => b.rank - a.rank || comparePoints(a.points, b.points))
    .map(({ tensor }) => tensor);
}

function encodeHeader(
  ordered: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const fields: string[] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => comparePoints(codePoints(a), codePoints(b)));
  // fields are joined as text because an object would put names such as "0" first
  if (texts.length > 0) {
    const pairs = texts.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
    fields.push(`"__metadata__":{${pairs.join(",")}}`);
  }
  let offset = 0;
  for (const tensor of ordered) {
    const end = offset + byteLength(tensor);
    const info = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] };
    fields.push(`${JSON.stringify(tensor.name)}:${JSON.stringify(info)}`);
    offset = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

function byteLength(tensor: TensorToWrite): number {
  return elementCount(tensor.shape) * dtypeSize[tensor.dtype];
}

function codePoints(text: string): number[] {
  return Array.from(text, (char) => char.codePointAt(0)!);
}

function comparePoints(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((point, i) => point !== b[i]);
  return differs === -1 ? a.length - b.length : a[differs]! - (b[differs] ?? -1);
}
