import { mergedConfig, parametersOf, resizePositions } from "@lorat/core/model";
import {
  configOfWeights,
  encodeFloat32,
  type MatMul,
  mergedBlocks,
  planMerge,
  type TensorToWrite,
} from "@lorat/core/weights";
import { LoratError } from "@lorat/graph";
import type { ConvertInput, ConvertInputs } from "./inputs.ts";

/** What {@link plannedTensors} takes. */
interface TensorOptions {
  readonly precision: "fp32" | "fp16";
  readonly matmul?: MatMul;
}

const largestHalf = 65504;

/**
 * Every tensor of the model for inference, each made block by block when its turn to be written comes: adapters merged,
 * positions on the variant's search grid. In `fp16` vectors stay in single precision: they are few, and norms and
 * LayerScale are sensitive.
 *
 * While they are made they throw `WEIGHTS_NOT_FINITE` for a NaN or infinity, `WEIGHTS_HALF_RANGE` for a value that half
 * precision cannot hold.
 */
export async function plannedTensors(
  inputs: ConvertInputs,
  options: TensorOptions,
): Promise<TensorToWrite[]> {
  const { lorat, dinov2, variant } = inputs;
  const main = (lorat ?? dinov2)!;
  const all = parametersOf(lorat ? configOfWeights(lorat.profile, variant) : mergedConfig(variant));
  const wanted = new Map(
    all
      .filter(({ role }) => lorat || role.part === "backbone")
      .map((parameter) => [parameter.name, parameter]),
  );
  const tensors: TensorToWrite[] = [];
  if (!main.file.entries.has("pos_embed") || main === dinov2) {
    const { shape } = wanted.get("pos_embed")!;
    wanted.delete("pos_embed");
    const dtype = dtypeOf(shape, options.precision);
    tensors.push({
      name: "pos_embed",
      dtype,
      shape,
      data: () => positions(dinov2!, variant.searchGrid, dtype),
    });
  }
  for (const tensor of await planMerge(wanted.values(), main.file, dinov2?.file)) {
    const { name, shape } = tensor;
    const dtype = dtypeOf(shape, options.precision);
    tensors.push({
      name,
      dtype,
      shape,
      async *data() {
        for await (const block of mergedBlocks(tensor, { matmul: options.matmul }))
          yield encoded(name, dtype, block);
      },
    });
  }
  return tensors;
}

/** DINOv2's position table without its class token's row, resized to the search grid (specification section 1.2). */
async function* positions({ file, profile }: ConvertInput, searchGrid: number, dtype: "F32" | "F16") {
  const { dim, grid } = profile;
  const source = { width: grid!, height: grid! };
  const table = await file.float32("pos_embed", dim);
  yield encoded(
    "pos_embed",
    dtype,
    resizePositions(table, dim, source, { width: searchGrid, height: searchGrid }),
  );
}

/** Half precision is for matrices and tables. */
export function dtypeOf(shape: readonly number[], precision: "fp32" | "fp16"): "F32" | "F16" {
  const isMatrix = shape.filter((side) => side !== 1).length > 1;
  return precision === "fp16" && isMatrix ? "F16" : "F32";
}

/** Values as bytes. Throws `WEIGHTS_NOT_FINITE` for a NaN or infinity, `WEIGHTS_HALF_RANGE` for what halves cannot hold. */
export function encoded(name: string, dtype: "F32" | "F16", values: Float32Array): Uint8Array {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      throw new LoratError(
        "WEIGHTS_NOT_FINITE",
        `${name} holds ${value}: the weights are damaged, or their training failed`,
      );
    }
    if (dtype === "F16" && Math.abs(value) > largestHalf) {
      throw new LoratError(
        "WEIGHTS_HALF_RANGE",
        `${name} holds ${value}, half precision ends at ${largestHalf}`,
        {
          hint: "Convert with --precision fp32.",
        },
      );
    }
  }
  return encodeFloat32(dtype, values);
}
