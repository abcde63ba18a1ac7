import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  allLinearLayers,
  loraConfig,
  mergedConfig,
  parametersOf,
  type Variant,
  variantNamed,
} from "@lorat/core/model";
import {
  dinov2StateDict,
  dtypeSize,
  elementCount,
  encodeSafetensors,
  float32ToHalf,
  type StateDict,
  stateDictOf,
  type TensorToWrite,
} from "@lorat/core/weights";
// made by hand for the tests of the reader; not part of the built package
import { torchSource } from "../../../core/src/testing/torch-bytes.ts";

/** A network small enough to convert in a test. */
export const tinyVariant: Variant = {
  ...variantNamed("nano-patch"),
  name: "tiny",
  dim: 6,
  depth: 2,
  heads: 2,
  hidden: 10,
  patchSize: 2,
  templateGrid: 2,
  searchGrid: 4,
};

/** Rank of the adapters in {@link writeTinyFiles}. */
export const tinyRank = 3;
/** Cells a side of the source positions in {@link writeTinyFiles}. */
export const tinySourceGrid = 5;

/** One file of every kind for {@link tinyVariant}, every tensor filled by {@link filled}; the full one with alpha 3. */
export async function writeTinyFiles(folder: string) {
  const adapters = { rank: tinyRank, targets: allLinearLayers };
  const training = stateDictOf(parametersOf(loraConfig(tinyVariant, adapters)));
  const path = (name: string) => join(folder, name);
  return {
    dinov2: await writeTorchFile(
      path("dinov2_tiny.pth"),
      filled(dinov2StateDict(tinyVariant, tinySourceGrid)),
    ),
    trainable: await writeSafetensorsFile(
      path("model.bin"),
      filled(stateDictOf(parametersOf(loraConfig(tinyVariant, adapters)).filter(({ role }) => role.trains))),
    ),
    full: await writeSafetensorsFile(
      path("full.safetensors"),
      filled(new Map([...training, ["lora_alpha", []]])),
    ),
    merged: await writeSafetensorsFile(
      path("merged.safetensors"),
      filled(stateDictOf(parametersOf(mergedConfig(tinyVariant)))),
    ),
  };
}

/** Numbers for a tensor that differ from tensor to tensor and from element to element. */
export function valuesOf(name: string, count: number): Float32Array {
  let seed = 7;
  for (const char of name) seed = (seed * 31 + char.charCodeAt(0)) % 100_003;
  return Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i * 0.7));
}

/** Tensors of a state dict filled with {@link valuesOf}; scalars are 3. */
export function filled(tensors: StateDict, dtype: "F32" | "F16" = "F32"): TensorToWrite[] {
  return Array.from(tensors, ([name, shape]) => {
    const values = shape.length === 0 ? Float32Array.of(3) : valuesOf(name, elementCount(shape));
    const stored = dtype === "F16" ? float32ToHalf(values) : values;
    return { name, dtype, shape, data: new Uint8Array(stored.buffer) };
  });
}

/** Writes a safetensors file with {@link filled} tensors. */
export async function writeSafetensorsFile(path: string, tensors: readonly TensorToWrite[]): Promise<string> {
  await writeFile(path, await encodeSafetensors(tensors));
  return path;
}

/** Writes a file as `torch.save` does with {@link filled} tensors. */
export async function writeTorchFile(path: string, tensors: readonly TensorToWrite[]): Promise<string> {
  const source = torchSource(
    tensors.map(({ name, dtype, shape, data }) => {
      if (!(data instanceof Uint8Array)) throw new Error("the data has to be at hand");
      if (data.byteLength !== elementCount(shape) * dtypeSize[dtype])
        throw new Error(`${name} has the wrong length`);
      return { name, dtype, shape, data };
    }),
  );
  await writeFile(path, await source.read(0, source.size));
  return path;
}
