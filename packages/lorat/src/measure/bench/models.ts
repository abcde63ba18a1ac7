import { join } from "node:path";
import type { Model, Precision } from "@lorat/core";
import {
  mergedConfig,
  type NetworkRunOptions,
  parametersOf,
  searchHalf,
  searchSizePx,
  TrackingNetwork,
  templateMemoryShape,
  type Variant,
} from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import { stateDictOf } from "@lorat/core/weights";
import { cost, sizeOf } from "@lorat/graph";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import { bundledModels } from "../../trackers/model/model-path.ts";
import { writeRandomWeights } from "../random-weights.ts";
import { type Contender, timed } from "./contender.ts";
import type { BenchContext } from "./context.ts";

/** The bundled model of a variant, else one of random weights in a file of the run's folder. */
export async function benchModel(variant: Variant, { folder, onStage }: BenchContext): Promise<Model> {
  if (bundledModels.includes(variant.name)) return loadModel(variant.name);
  onStage(`weights of ${variant.name}`);
  const { shapes } = searchGraph(variant, 1);
  const path = join(folder, `${variant.name}-${variant.searchGrid}-${weightFiles++}.bin`);
  const { tensors } = await writeRandomWeights(path, shapes);
  return { name: variant.name, config: mergedConfig(variant), weights: tensors };
}

let weightFiles = 0;

/** How the context's networks run. */
export function runOptions({ device, threads }: BenchContext, precision: Precision): NetworkRunOptions {
  return { device, threads, precision };
}

/** The network alone as the tracker runs it every frame: search crops and embedded templates in, maps out. */
export async function networkContender(
  model: Model,
  precision: Precision,
  batch: number,
  context: BenchContext,
  { name = precision, runs = 1 }: { readonly name?: string; readonly runs?: number } = {},
): Promise<Contender> {
  const { variant } = model.config;
  context.onStage(`network ${variant.name} ${precision}, batch ${batch}`);
  const network = new TrackingNetwork(model, runOptions(context, precision));
  const random = createRandom(7);
  const noise = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const templates = noise(batch * sizeOf(templateMemoryShape(model.config)));
  const searches = noise(batch * 3 * searchSizePx(variant) ** 2);
  return timed(
    {
      name,
      tags: { variant: variant.name, precision, batch },
      unit: "frame",
      items: runs * batch,
      flops: runs * searchGraph(variant, batch).flops,
      run: async () => {
        for (let i = 0; i < runs; i++) await network.search(templates, searches, batch);
      },
      dispose: () => network.dispose(),
    },
    context.roundMs,
  );
}

/** Floating-point operations and parameters of what runs every frame. */
function searchGraph(variant: Variant, batch: number) {
  const config = mergedConfig(variant);
  return {
    flops: 2 * cost(Object.values(searchHalf(config, batch))).macs,
    shapes: stateDictOf(parametersOf(config)),
  };
}
