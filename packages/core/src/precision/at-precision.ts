import {
  type ConcreteDevice,
  Graph,
  type LinearLayer,
  linearLayers,
  mixedPrecision,
  PreparedWeights,
  quantise,
  sizeOf,
  type Value,
  type Weights,
  weightLevelsFor,
} from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { lorat, networkInputs } from "../model/lorat.ts";
import { roleOf } from "../model/parameters.ts";
import { type Precision, requirePrecision } from "./precision.ts";

type Outputs = Readonly<Record<string, Value>>;

/** A graph with the weights that it reads. */
export interface GraphWithWeights {
  readonly outputs: Outputs;
  readonly weights: Weights;
}

/** A precision and where it is to run. */
export interface PrecisionOptions {
  /** Default: `fp32`. */
  readonly precision?: Precision;
  /** The device of the graphs. */
  readonly device: ConcreteDevice;
  /** Further linear layers that stay in single precision at int8. */
  readonly singleLayers?: readonly string[];
}

/**
 * Gives a function that turns graphs over one set of weights into the same graphs at a precision. For int8 each layer's
 * weights are quantised once, for all graphs. Throws as {@link requirePrecision} does.
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

/** Whether a layer computes in 8 bits at int8 unless a model says otherwise; see `ParameterRole.single`. */
export function isQuantisable({ parameter }: LinearLayer): boolean {
  return !roleOf(parameter).single;
}

/** A linear layer, and what it costs. */
export interface QuantisableLayer {
  readonly name: string;
  /** Multiply-accumulates of one forward pass. */
  readonly macs: number;
}

/** The linear layers that compute in 8 bits at int8, unless the model says otherwise; in order of computation. */
export function quantisableLayers(config: ModelConfig): QuantisableLayer[] {
  const { scoreMap, boxes } = lorat(networkInputs(new Graph(), config, 1), config);
  const macs = new Map<string, number>();
  for (const layer of linearLayers([scoreMap, boxes]).filter(isQuantisable)) {
    const { name, weight, output } = layer;
    macs.set(name, (macs.get(name) ?? 0) + weight.shape[0]! * sizeOf(output.shape));
  }
  return [...macs].map(([name, count]) => ({ name, macs: count }));
}
