import { open } from "node:fs/promises";
import { basename } from "node:path";
import { lorat, mergedNetwork, networkInputs, parametersOf } from "@lorat/core/model";
import { type MergedTensor, mergedBlocks, planMerge } from "@lorat/core/weights";
import { bytesOf, float32, Graph, type Placement, serialise, sizeOf, type Value } from "@lorat/graph";
import { type OutputOptions, writeOutput, writeWhole } from "../../files/pending-file.ts";
import type { RunConfig } from "../../runs/run-config.ts";
import { sessionProduct } from "../../trackers/model/session-product.ts";
import { asTensorFile, runWeights, scalingScalars } from "../../train/run-weights.ts";
import { tensorReader } from "../../train/stored-tensors.ts";

/** The form of an exported network. */
export interface OnnxExportOptions extends OutputOptions {
  /** Pairs that one run of the network takes; default: 1. */
  readonly batch?: number;
  /** Bytes of weights past which they go into a file of their own; default: 1.9 GiB, just below what ONNX can hold. */
  readonly embedBelowBytes?: number;
}

/** What was written. */
interface OnnxExport {
  readonly step: number;
  /** The weights' own file, where they have one. */
  readonly dataPath?: string;
}

/**
 * Writes a run's network as ONNX, float32, adapters merged: `template`, `search` (ImageNet-normalised crops) and
 * `template_mask` in, `score_map` (logits) and `boxes` out. Large weights go into `PATH.data` beside it. Throws
 * `RUN_NO_CHECKPOINT`, `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`.
 */
export async function exportOnnx(
  run: string,
  config: RunConfig,
  path: string,
  { batch = 1, embedBelowBytes = 1.9 * 2 ** 30, ...options }: OnnxExportOptions = {},
): Promise<OnnxExport> {
  const { step, weights } = await runWeights(run, config);
  const model = mergedNetwork(config.model);
  const graph = new Graph();
  const { scoreMap, boxes } = lorat(networkInputs(graph, model, batch), model);
  const outputs = { score_map: scoreMap, boxes };
  const parameters = [...graph.parameters.values()];
  const reader = tensorReader();
  const product = sessionProduct();
  try {
    const file = asTensorFile(new Map([...weights, ...scalingScalars(config.model)]), reader);
    const plan = await planMerge(parametersOf(config.model), file);
    const blocks = (tensor: MergedTensor) => mergedBlocks(tensor, { matmul: product.matmul });
    const total = parameters.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
    if (total <= embedBelowBytes) {
      const data = new Map<string, Uint8Array>();
      for (const tensor of plan) data.set(tensor.name, await whole(blocks(tensor), tensor.shape));
      const place = ({ name }: Value): Placement => ({
        kind: "embedded",
        dtype: "float32",
        data: data.get(name)!,
      });
      await writeWhole(path, serialise(outputs, place).bytes, options);
      return { step };
    }
    const dataPath = `${path}.data`;
    const offsets = await writeData(dataPath, plan, blocks, options);
    const place = ({ name, shape }: Value): Placement => ({
      kind: "external",
      dtype: "float32",
      location: basename(dataPath),
      offset: offsets.get(name)!,
      length: 4 * sizeOf(shape),
    });
    await writeWhole(path, serialise(outputs, place).bytes, options);
    return { step, dataPath };
  } finally {
    await Promise.all([reader.dispose(), product.dispose()]);
  }
}

async function whole(blocks: AsyncIterable<Float32Array>, shape: readonly number[]): Promise<Uint8Array> {
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for await (const block of blocks) {
    data.set(block, at);
    at += block.length;
  }
  return bytesOf(float32(data, shape));
}

/** Writes all weights one after the other; gives where each begins. */
async function writeData(
  path: string,
  plan: readonly MergedTensor[],
  blocks: (tensor: MergedTensor) => AsyncIterable<Float32Array>,
  options: OutputOptions,
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  let offset = 0;
  await writeOutput(path, options, async (partial) => {
    const file = await open(partial, "w");
    try {
      for (const tensor of plan) {
        offsets.set(tensor.name, offset);
        for await (const block of blocks(tensor)) {
          await file.writeFile(new Uint8Array(block.buffer, block.byteOffset, block.byteLength));
          offset += block.byteLength;
        }
      }
    } finally {
      await file.close();
    }
  });
  return offsets;
}
