import { dtypeSize, elementCount, type WeightDType } from "../weights/dtype.ts";
import { ascii } from "./bytes.ts";
import { type Picklable, pickleBytes } from "./pickle-bytes.ts";
import { type ZipLayout, type ZipMember, zipSource } from "./zip-bytes.ts";

/** A tensor of a torch file that a test builds. */
export interface TorchTestTensor {
  readonly name: string;
  readonly dtype: WeightDType;
  readonly shape: readonly number[];
  /** The storage: its bytes, or a number of zero bytes. */
  readonly data: Uint8Array | number;
  /** In elements; row-major by default. */
  readonly strides?: readonly number[];
  readonly storageOffset?: number;
  /** Storages with the same key are one member. */
  readonly key?: string;
}

export interface TorchTestFile {
  readonly protocol?: 2 | 3 | 4;
  readonly root?: string;
  readonly layout?: ZipLayout;
  readonly byteOrder?: string;
  /** What to pickle round the state dict. */
  readonly wrap?: (stateDict: Picklable) => Picklable;
}

const storageNames: Readonly<Record<WeightDType, string>> = {
  F64: "DoubleStorage",
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I64: "LongStorage",
  I32: "IntStorage",
  I16: "ShortStorage",
  I8: "CharStorage",
  U8: "ByteStorage",
  BOOL: "BoolStorage",
};

/** A file as `torch.save` writes a state dict, built by hand; nothing here comes from the reader it tests. */
export function torchSource(tensors: readonly TorchTestTensor[], file: TorchTestFile = {}) {
  const root = file.root ?? "archive";
  const members = new Map<string, ZipMember>();
  const items = tensors.map((tensor, i): [Picklable, Picklable] => {
    const key = tensor.key ?? String(i);
    const name = `${root}/data/${key}`;
    if (!members.has(name)) members.set(name, { name, data: tensor.data });
    return [tensor.name, tensorPickle(tensor, key)];
  });
  const stateDict: Picklable = {
    ordered: items,
    state: { dict: [["_metadata", { ordered: [["", { dict: [["version", 1]] }]] }]] },
  };
  const pickled = pickleBytes(file.wrap ? file.wrap(stateDict) : stateDict, file.protocol);
  const extra =
    file.byteOrder === undefined ? [] : [{ name: `${root}/byteorder`, data: ascii(file.byteOrder) }];
  return zipSource(
    [
      { name: `${root}/data.pkl`, data: pickled },
      ...extra,
      ...members.values(),
      { name: `${root}/version`, data: ascii("3\n") },
    ],
    file.layout,
  );
}

/** The call that rebuilds one tensor. */
export function tensorPickle(tensor: TorchTestTensor, key: string): Picklable {
  const { dtype, shape, data, strides = rowMajor(shape), storageOffset = 0 } = tensor;
  const bytes = typeof data === "number" ? data : data.byteLength;
  const storage: Picklable = {
    persistent: {
      tuple: ["storage", { global: `torch.${storageNames[dtype]}` }, key, "cpu", bytes / dtypeSize[dtype]],
    },
  };
  const args = [storage, storageOffset, { tuple: shape }, { tuple: strides }, false, { ordered: [] }];
  return { call: "torch._utils._rebuild_tensor_v2", args };
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}
