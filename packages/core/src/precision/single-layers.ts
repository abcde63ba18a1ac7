import { Graph, linearLayers, sizeOf } from "@lorat/graph";
import type { ModelConfig } from "../model/config.ts";
import { lorat, networkInputs } from "../model/lorat.ts";

/**
 * Linear layers that stay in single precision at int8 in every model: the patch embedding, which reads pixels, and each last
 * layer of the head, which writes the few numbers that boxes and scores are made of. Together they are a hundredth of the work.
 */
export function isAlwaysSingle(layer: string): boolean {
  return layer === "patch_embed.proj" || /^head\..*\.2$/.test(layer);
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
  for (const { name, weight, output } of linearLayers([scoreMap, boxes])) {
    if (isAlwaysSingle(name)) continue;
    macs.set(name, (macs.get(name) ?? 0) + weight.shape[0]! * sizeOf(output.shape));
  }
  return [...macs].map(([name, count]) => ({ name, macs: count }));
}
