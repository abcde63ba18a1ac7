import { LoratError } from "@lorat/graph";
import { elementCount, type WeightDType } from "./dtype.ts";
import { damaged, isKind, type PickleGlobal, type PickleRules, type PickleValue } from "./pickle.ts";
import { formatShape } from "./tensor-file.ts";

/** A run of elements in a member of the archive; several tensors may share one. */
export interface TorchStorage {
  readonly dtype: WeightDType;
  /** Name of its member under `data/`. */
  readonly key: string;
  /** Number of elements. */
  readonly count: number;
}

/** A view on a storage: elements, not bytes. */
export interface TorchTensor {
  readonly storage: TorchStorage;
  readonly storageOffset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

const storageDTypes: Readonly<Record<string, WeightDType>> = {
  "torch.DoubleStorage": "F64",
  "torch.FloatStorage": "F32",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
};

const builders: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
  "collections.OrderedDict": newOrderedDict,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_parameter": rebuildParameter,
  "torch.Size": rebuildSize,
};

const tensors = new WeakSet<object>();
const storages = new WeakSet<object>();

/**
 * The imports that a torch state dict uses, and no others: ordered dictionaries, tensors, parameters, sizes and the typed
 * storages. The machine throws `PICKLE_FORBIDDEN_GLOBAL` for anything else.
 */
export const torchRules: PickleRules = {
  resolve(name): PickleGlobal | undefined {
    if (Object.hasOwn(builders, name)) return { kind: "global", name, call: builders[name]! };
    return Object.hasOwn(storageDTypes, name) ? { kind: "global", name } : undefined;
  },
  persistent(id) {
    const [tag, type, key, , count] = isKind(id, "tuple") ? id.items : [];
    const dtype = isKind(type, "global") ? storageDTypes[type.name] : undefined;
    if (tag !== "storage" || !dtype || typeof key !== "string" || !isCount(count)) {
      throw damaged("refers to a storage in a way that torch does not");
    }
    const storage: TorchStorage = { dtype, key, count };
    storages.add(storage);
    return { kind: "object", value: storage };
  },
};

/** The tensor behind a value, or undefined when it is something else. */
export function asTensor(value: PickleValue | undefined): TorchTensor | undefined {
  return isKind(value, "object") && tensors.has(value.value) ? (value.value as TorchTensor) : undefined;
}

function newOrderedDict(args: readonly PickleValue[]): PickleValue {
  if (args.length > 0) throw damaged("fills an ordered dictionary in a way that torch does not");
  return { kind: "dict", items: new Map() };
}

/** Arguments: storage, offset, size, stride, requires_grad, hooks and, from newer releases, metadata. */
function rebuildTensor(args: readonly PickleValue[]): PickleValue {
  const [storageValue, storageOffset, size, stride] = args;
  const storage = isKind(storageValue, "object") ? storageValue.value : undefined;
  const shape = counts(size);
  const strides = counts(stride);
  if (
    !storage ||
    !storages.has(storage) ||
    !isCount(storageOffset) ||
    !shape ||
    shape.length !== strides?.length
  ) {
    throw damaged("builds a tensor in a way that torch does not");
  }
  const tensor: TorchTensor = { storage: storage as TorchStorage, storageOffset, shape, strides };
  checkBounds(tensor);
  tensors.add(tensor);
  return { kind: "object", value: tensor };
}

function rebuildParameter(args: readonly PickleValue[]): PickleValue {
  if (!asTensor(args[0])) throw damaged("builds a parameter from something that is no tensor");
  return args[0]!;
}

function rebuildSize(args: readonly PickleValue[]): PickleValue {
  const shape = counts(args[0]);
  if (!shape) throw damaged("builds a size from something that is no list of integers");
  return { kind: "tuple", items: shape };
}

function checkBounds({ storage, storageOffset, shape, strides }: TorchTensor): void {
  const count = elementCount(shape);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, storageOffset);
  // a tensor with more elements than its storage repeats them (stride 0), which could ask for any amount of memory
  if (count > 0 && (last >= storage.count || count > storage.count)) {
    throw new LoratError(
      "TORCH_TENSOR_BOUNDS",
      `a tensor of shape ${formatShape(shape)} and strides ${formatShape(strides)} from element ${storageOffset} ` +
        `does not fit its storage "${storage.key}" of ${storage.count} elements`,
    );
  }
}

function counts(value: PickleValue | undefined): number[] | undefined {
  if (!isKind(value, "tuple") && !isKind(value, "list")) return undefined;
  return value.items.every(isCount) ? (value.items as number[]) : undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
