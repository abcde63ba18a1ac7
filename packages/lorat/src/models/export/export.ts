import { mergedNetwork, parametersOf } from "@lorat/core/model";
import { mergedBlocks, planMerge, type TensorToWrite } from "@lorat/core/weights";
import { LoratError } from "@lorat/graph";
import type { OutputOptions } from "../../files/pending-file.ts";
import type { RunConfig } from "../../runs/run-config.ts";
import { sessionProduct } from "../../trackers/model/session-product.ts";
import { asTensorFile, runWeights, scalingScalars } from "../../train/run-weights.ts";
import { tensorReader } from "../../train/stored-tensors.ts";
import { dtypeOf, encoded } from "../convert/tensors.ts";
import { writeModel } from "../save-model.ts";

/**
 * Writes the last checkpoint of a run as a model folder that `loadTracker` takes: adapters merged into the frozen weights,
 * query, key and value fused again, the averaged weights where the run keeps an average. Matrices in half precision unless
 * `precision` says otherwise. Tensors are made as they are written, a block at a time.
 *
 * Throws `RUN_NO_CHECKPOINT`, `EXPORT_UNSUPPORTED` for a network of an ablation, which a model folder cannot describe, and
 * `WEIGHTS_NOT_FINITE` for weights that training has spoiled, and what `makeModelFolder` throws.
 */
export async function exportRun(
  run: string,
  config: RunConfig,
  folder: string,
  { precision = "fp16", ...options }: OutputOptions & { readonly precision?: "fp32" | "fp16" } = {},
): Promise<{ step: number }> {
  requirePublishedNetwork(config);
  const { step, weights } = await runWeights(run, config);
  const { variant } = config.model;
  const reader = tensorReader();
  const product = sessionProduct();
  try {
    const file = asTensorFile(new Map([...weights, ...scalingScalars(config.model)]), reader);
    const plan = await planMerge(parametersOf(config.model), file);
    const tensors = plan.map((tensor): TensorToWrite => {
      const { name, shape } = tensor;
      const dtype = dtypeOf(shape, precision);
      return {
        name,
        dtype,
        shape,
        async *data() {
          for await (const block of mergedBlocks(tensor, { matmul: product.matmul })) {
            yield encoded(name, dtype, block);
          }
        },
      };
    });
    const pairs = config.batchSize * (config.accumulation ?? 1);
    const notes = [`trained for ${step} steps of ${pairs} pairs`];
    await writeModel(folder, tensors, { variant, precision, notes }, options);
  } finally {
    await Promise.all([reader.dispose(), product.dispose()]);
  }
  return { step };
}

/** A model folder holds the network of the paper alone. */
function requirePublishedNetwork({ model }: RunConfig): void {
  const issues: string[] = [];
  if (mergedNetwork(model).adaptation.kind !== "none") issues.push(`adaptation ${model.adaptation.kind}`);
  if (model.embedding !== "foreground") issues.push(`embedding ${model.embedding}`);
  if (model.head.kind !== "mlp") issues.push(`head ${model.head.kind}`);
  if (model.attention !== (model.variant.attention ?? "joint")) issues.push(`attention ${model.attention}`);
  if (issues.length === 0) return;
  throw new LoratError(
    "EXPORT_UNSUPPORTED",
    `a model folder cannot describe this network: ${issues.join(", ")}`,
    { hint: "export it as ONNX, or its trained tensors alone", issues },
  );
}
