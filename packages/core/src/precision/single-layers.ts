import { Graph, type LinearLayer, linearLayers, sizeOf } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { lorat, networkInputs } from "../model/lorat.ts";
import { roleOf } from "../model/parameters.ts";

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
