import { fromBinary } from "@bufbuild/protobuf";
import { runtime } from "#runtime";
import { LoratError } from "../errors.ts";
import type { Value } from "../graph.ts";
import { ModelProtoSchema } from "../onnx/generated/onnx_pb.ts";
import { type Placement, serialise } from "../onnx/serialise.ts";
import { onnxDType } from "../ops/layout.ts";
import { type FrozenValues, frozenAsParameters, frozenValues } from "../rewrites/frozen-values.ts";
import { sizeOf } from "../shape.ts";
import { bytesPerElement } from "../tensor.ts";
import { type PlacedGraph, placedGraph } from "./placements.ts";
import { type ConcreteDevice, type KeptTensor, type KeptWeights, keptFiles, type Ort } from "./runtime.ts";
import { laysOutWeights, nativeSettings, type SessionOptions } from "./settings.ts";

/** Fewer bytes are laid out in a moment; more would fill the disk, and the memory while they are written. */
const keptBytes = { minimum: 32 * 2 ** 20, maximum: 2 ** 31 } as const;

/**
 * Places a graph over weights that are stored as products want them: transposed, padded and packed ahead, in one file that
 * every session over the same weights maps. Gives undefined where no folder is named, or where storing them does not pay
 * or fails.
 */
export async function keptGraph(
  ort: Ort,
  device: ConcreteDevice,
  outputs: Readonly<Record<string, Value>>,
  options: SessionOptions,
): Promise<PlacedGraph | undefined> {
  const { cacheFolder, weights = new Map(), fed = new Set() } = options;
  if (!runtime.keep || !cacheFolder || !laysOutWeights(options) || device !== "cpu") return undefined;
  const frozen = frozenValues(outputs, ({ name }) => weights.has(name) && !fed.has(name));
  const bytes = frozen.read.reduce(
    (sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement[dtype],
    0,
  );
  const used = [...frozen.texts.keys()].filter(({ kind }) => kind === "parameter");
  const stored = used.map(({ name }) => ({ name, ...weights.get(name)! }));
  const isMapped = stored.every((tensor) => "file" in tensor);
  if (!isMapped || bytes < keptBytes.minimum || bytes > keptBytes.maximum) return undefined;
  const kept = await runtime.keep({
    cacheFolder,
    sources: [...new Set(stored.map(({ file }) => file))],
    description: JSON.stringify([stored, frozen.read.map((value) => frozen.texts.get(value)).sort()]),
    bytes,
    make: (folder) => writeOptimised(ort, placedGraph(outputs, "cpu", weights, fed), options, folder),
    read: (model) => tensorsIn(model, frozen),
  });
  return (
    kept && {
      outputs: frozenAsParameters(outputs, frozen),
      place: placeIn(kept),
      files: [],
      folder: kept.folder,
    }
  );
}

/** Lets ONNX Runtime optimise a graph and write it with everything that it computed ahead. */
async function writeOptimised(
  ort: Ort,
  placed: PlacedGraph,
  options: SessionOptions,
  folder: string,
): Promise<void> {
  const model = serialise(placed.outputs, placed.place);
  const settings = nativeSettings("cpu", placed, options, {
    outputNames: model.outputNames,
    kept: new Set(),
  });
  const { session: entries, optimization } = settings.extra;
  const session = await ort.InferenceSession.create(model.bytes, {
    ...settings,
    optimizedModelFilePath: `${folder}/${keptFiles.model}`,
    extra: {
      session: {
        ...entries,
        optimized_model_external_initializers_file_name: keptFiles.weights,
        optimized_model_external_initializers_min_size_in_bytes: "0",
        save_external_prepacked_constant_initializers: "1",
      },
      optimization: {
        // Weights of one number would be merged under another name.
        disable_specified_optimizers: `${optimization!.disable_specified_optimizers};ConstantSharing`,
      },
    },
  });
  await session.release();
}

/** Finds the frozen values in an optimised model. Throws `WEIGHTS_NAMES` when one was optimised away. */
function tensorsIn(model: Uint8Array, { read, texts }: FrozenValues): Record<string, KeptTensor> {
  const { initializer = [] } = fromBinary(ModelProtoSchema, model).graph ?? {};
  const written = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  return Object.fromEntries(
    read.map((value): [string, KeptTensor] => {
      const { dataType, externalData } = written.get(value.name) ?? {};
      const {
        offset,
        length,
        location: _,
        ...packed
      } = Object.fromEntries(externalData?.map(({ key, value }) => [key, value]) ?? []);
      if (dataType !== onnxDType[value.dtype] || offset === undefined) {
        throw new LoratError("WEIGHTS_NAMES", `the optimised graph has no ${value.name} of its own`);
      }
      return [
        texts.get(value)!,
        { dtype: value.dtype, offset: Number(offset), length: Number(length), packed },
      ];
    }),
  );
}

function placeIn({ tensors }: KeptWeights): (parameter: Value) => Placement {
  return ({ name }) => {
    const tensor = tensors[name];
    return tensor ? { kind: "external", location: keptFiles.weights, ...tensor } : { kind: "input" };
  };
}
