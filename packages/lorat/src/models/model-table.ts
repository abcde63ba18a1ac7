import {
  loraConfig,
  lorat,
  type ModelConfig,
  mergedConfig,
  networkInputs,
  parametersOf,
  searchHalf,
  type Variant,
  variantNamed,
  variants,
} from "@lorat/core/model";
import { cost, Graph, sizeOf } from "@lorat/graph";

/** Sizes of one variant, all counted from its graphs. */
export interface ModelRow {
  readonly variant: string;
  /** Parameters in training, adapters included. */
  readonly trainParams: number;
  readonly loraParams: number;
  readonly headParams: number;
  /** Parameters after merging. */
  readonly inferenceParams: number;
  /** Thousand million multiply-accumulates of one search region, every token computed in every block. */
  readonly gmacs: number;
  /** The same as the tracker runs it: the last block computes the search tokens only. */
  readonly gmacsTracking: number;
}

/** The row of one variant (specification section 1.6, paper table 1); rank 64. */
export function modelRow(name: string): ModelRow {
  const variant = variantNamed(name);
  const trained = parameters(loraConfig(variant));
  const merged = mergedConfig(variant);
  const sum = (select: (name: string) => boolean) =>
    [...trained].reduce((total, [key, size]) => total + (select(key) ? size : 0), 0);
  return {
    variant: name,
    trainParams: sum(() => true),
    loraParams: sum((key) => key.includes(".lora.")),
    headParams: sum((key) => key.startsWith("head.")),
    inferenceParams: [...parameters(merged).values()].reduce((a, b) => a + b, 0),
    gmacs: macs(variant, true) / 1e9,
    gmacsTracking: macs(variant, false) / 1e9,
  };
}

/** Every variant's row, in the order of the table of variants. */
export function modelTable(): ModelRow[] {
  return [...variants.keys()].map(modelRow);
}

function parameters(config: ModelConfig): Map<string, number> {
  return new Map(parametersOf(config).map(({ name, shape }) => [name, sizeOf(shape)]));
}

/** Multiply-accumulates of a pass over everything, or of a tracked frame: where the template's keys and values are kept, of the search alone. */
function macs(variant: Variant, keepAllTokens: boolean): number {
  const config = mergedConfig(variant);
  if (!keepAllTokens && config.attention === "asymmetric")
    return cost(Object.values(searchHalf(config, 1))).macs;
  const { scoreMap, boxes } = lorat(networkInputs(new Graph(), config, 1), config, { keepAllTokens });
  return cost([scoreMap, boxes]).macs;
}
