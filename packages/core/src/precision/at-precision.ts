import {
  type ConcreteDevice,
  type LinearLayer,
  mixedPrecision,
  PreparedWeights,
  quantise,
  type Value,
  type Weights,
  weightLevelsFor,
} from "@lorat/graph";
import { type Precision, requirePrecision } from "./precision.ts";
import { isQuantisable } from "./single-layers.ts";

type Outputs = Readonly<Record<string, Value>>;

/** A graph with the weights that it reads. */
export interface GraphWithWeights {
  readonly outputs: Outputs;
  readonly weights: Weights;
}

export interface PrecisionOptions {
  /** Default `fp32`. */
  readonly precision?: Precision;
  /** The one that the graphs will run on. */
  readonly device: ConcreteDevice;
  /** Linear layers that stay in single precision at int8, beside those that always do. */
  readonly singleLayers?: readonly string[];
}

/**
 * What turns graphs over one set of weights into the same at a precision; for int8 each layer's weights are quantised once,
 * for all graphs. Throws as {@link requirePrecision} does.
 */
export async function atPrecision(
  weights: Weights,
  { precision = "fp32", device, singleLayers = [] }: PrecisionOptions,
): Promise<(outputs: Outputs) => Promise<GraphWithWeights>> {
  await requirePrecision(precision, device);
  switch (precision) {
    case "fp32":
      return async (outputs) => ({ outputs, weights });
    case "fp16":
      return async (outputs) => ({ outputs: mixedPrecision(outputs), weights });
    case "int8": {
      const prepared = new PreparedWeights(weights, device);
      const levels = await weightLevelsFor(device);
      const isChosen = (layer: LinearLayer) => isQuantisable(layer) && !singleLayers.includes(layer.name);
      return async (outputs) => {
        const graph = quantise(outputs, isChosen, levels);
        return { outputs: graph.outputs, weights: await prepared.of(graph) };
      };
    }
  }
}
