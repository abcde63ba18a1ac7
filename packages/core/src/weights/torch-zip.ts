import { LoratError } from "@lorat/graph";
import type { ByteSource } from "./byte-source.ts";
import { decodeFloat32, dtypeSize, elementCount } from "./dtype.ts";
import { isKind, type PickleValue, unpickle } from "./pickle.ts";
import { checkElements, requireEntry, type TensorEntry, type TensorFile } from "./tensor-file.ts";
import { asTensor, type TorchTensor, torchRules } from "./torch-objects.ts";
import { readStoredZip, type ZipEntry } from "./zip.ts";

const maxPickleBytes = 100_000_000;
const nestingKeys = ["model", "state_dict", "net", "teacher"];

interface TorchEntry extends TensorEntry {
  readonly strides: readonly number[];
}

/**
 * Opens a file that `torch.save` wrote (`.pth`, `.pt`: a zip archive with a pickle inside) and gives its state dict.
 * Nothing but tensors in dictionaries comes out, at the root or one level down under `model`, `state_dict`, `net` or `teacher`; nothing
 * in the file is executed. Tensors that are stored transposed or with gaps are read in row-major order all the same.
 *
 * Throws what {@link readStoredZip} and {@link unpickle} throw, and `TORCH_NO_PICKLE`, `TORCH_SCRIPT`, `TORCH_BIG_ENDIAN`,
 * `TORCH_NOT_STATE_DICT`, `TORCH_STORAGE`, `TORCH_TENSOR_BOUNDS`.
 */
export async function openTorchZip(source: ByteSource): Promise<TensorFile> {
  const members = await readStoredZip(source, refuseTorchScript);
  const { pickle, root } = findPickle(members);
  await checkByteOrder(source, members.get(`${root}byteorder`));
  const value = unpickle(await source.read(pickle.offset, pickle.length), torchRules);
  const entries = new Map<string, TorchEntry>();
  for (const [name, tensor] of stateDict(value)) entries.set(name, toEntry(name, tensor, members, root));

  async function bytes(name: string, begin = 0, end?: number): Promise<Uint8Array> {
    const entry = requireEntry(entries, name);
    const count = elementCount(entry.shape);
    checkElements(name, begin, end ?? count, count);
    return readElements(source, entry, begin, end ?? count);
  }
  return {
    format: "torch",
    size: source.size,
    metadata: new Map(),
    entries,
    bytes,
    float32: async (name, begin, end) =>
      decodeFloat32(requireEntry(entries, name).dtype, await bytes(name, begin, end)),
  };
}

function findPickle(members: ReadonlyMap<string, ZipEntry>): { pickle: ZipEntry; root: string } {
  const found = [...members.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = found;
  if (!pickle || found.length > 1) {
    throw new LoratError(
      "TORCH_NO_PICKLE",
      `the zip archive has ${found.length} members called NAME/data.pkl, torch writes one`,
      {
        hint: "This is some other zip archive, not a file that torch.save wrote.",
      },
    );
  }
  const root = pickle.name.slice(0, -"data.pkl".length);
  if (pickle.length > maxPickleBytes) {
    throw new LoratError(
      "PICKLE_LIMIT",
      `the pickle is ${pickle.length} bytes long, ${maxPickleBytes} are allowed`,
    );
  }
  return { pickle, root };
}

function refuseTorchScript(names: readonly string[]): void {
  if (!names.some((name) => /^[^/]+\/constants\.pkl$/.test(name))) return;
  throw new LoratError("TORCH_SCRIPT", "the file is a TorchScript program, not a file of weights", {
    hint: "Save its state_dict() with torch.save, or as safetensors.",
  });
}

async function checkByteOrder(source: ByteSource, member: ZipEntry | undefined): Promise<void> {
  if (!member) return;
  const text = String.fromCharCode(...(await source.read(member.offset, Math.min(member.length, 16))));
  if (text.trim() !== "little") {
    throw new LoratError(
      "TORCH_BIG_ENDIAN",
      `the file's numbers are ${JSON.stringify(text)}-endian, only little can be read`,
    );
  }
}

/** The tensors of the root dictionary, or of the one dictionary of tensors under a usual name in it. */
function* stateDict(value: PickleValue): Generator<[string, TorchTensor]> {
  const root = isKind(value, "dict") ? value.items : undefined;
  const nested = nestingKeys.map((key) => root?.get(key)).find((inner) => isKind(inner, "dict"));
  const items = isKind(nested, "dict") ? nested.items : root;
  if (!items) throw notStateDict(`it holds ${describe(value)}`);
  if (items.size === 0) throw notStateDict("it holds an empty dictionary");
  for (const [key, item] of items) {
    const tensor = asTensor(item);
    if (typeof key !== "string" || !tensor)
      throw notStateDict(`under the key ${JSON.stringify(key)} it holds ${describe(item)}`);
    yield [key, tensor];
  }
}

function notStateDict(found: string): LoratError {
  return new LoratError("TORCH_NOT_STATE_DICT", `the file should hold tensors by name; ${found}`, {
    hint: "Save model.state_dict(), at the root or under the key model or state_dict.",
  });
}

function describe(value: PickleValue): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (value.kind === "object") return asTensor(value) ? "a tensor" : "a bare storage";
  return value.kind === "global" ? `the import ${value.name}` : `a ${value.kind}`;
}

function toEntry(
  name: string,
  tensor: TorchTensor,
  members: ReadonlyMap<string, ZipEntry>,
  root: string,
): TorchEntry {
  const { storage, storageOffset, shape, strides } = tensor;
  const member = members.get(`${root}data/${storage.key}`);
  const size = dtypeSize[storage.dtype];
  if (!member || member.length < storage.count * size) {
    throw new LoratError(
      "TORCH_STORAGE",
      `"${name}" needs a storage of ${storage.count * size} bytes called "${root}data/${storage.key}", ` +
        (member ? `it has ${member.length}` : "the archive has none"),
    );
  }
  const span =
    elementCount(shape) === 0 ? 0 : 1 + shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis]!, 0);
  return {
    name,
    dtype: storage.dtype,
    shape,
    strides,
    offset: member.offset + storageOffset * size,
    length: span * size,
  };
}

async function readElements(
  source: ByteSource,
  entry: TorchEntry,
  begin: number,
  end: number,
): Promise<Uint8Array> {
  const size = dtypeSize[entry.dtype];
  if (begin === end) return new Uint8Array(0);
  if (isContiguous(entry)) return source.read(entry.offset + begin * size, (end - begin) * size);
  const places = new Float64Array(end - begin);
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = begin; i < end; i++) {
    const place = placeOf(i, entry);
    places[i - begin] = place;
    low = Math.min(low, place);
    high = Math.max(high, place);
  }
  const span = await source.read(entry.offset + low * size, (high - low + 1) * size);
  const out = new Uint8Array(places.length * size);
  for (let i = 0; i < places.length; i++) {
    const from = (places[i]! - low) * size;
    for (let byte = 0; byte < size; byte++) out[i * size + byte] = span[from + byte]!;
  }
  return out;
}

function isContiguous({ shape, strides }: TorchEntry): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Where element `index` in row-major order lies, in elements from the tensor's first. */
function placeOf(index: number, { shape, strides }: TorchEntry): number {
  let rest = index;
  let place = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place += (rest % shape[axis]!) * strides[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return place;
}
