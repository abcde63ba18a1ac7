import type { Frame } from "../geometry/frame.ts";
import { mergedConfig } from "../model/config.ts";
import { initialWeights } from "../model/initialise.ts";
import { parametersOf } from "../model/lorat.ts";
import { type Variant, variantNamed } from "../model/variants.ts";
import { createRandom } from "../random.ts";
import type { Model } from "../tracking/network.ts";

/** Sides of template and search region, in cells, and whatever else is to differ. */
export type TinyGrids = Pick<Variant, "templateGrid" | "searchGrid"> & Partial<Variant>;

/** A tracker of one narrow block with random weights, always the same ones; template 2 x 2 and search 4 x 4 unless told. */
export function tinyModel(grids: TinyGrids = { templateGrid: 2, searchGrid: 4 }): Model {
  const config = mergedConfig({ ...variantNamed("nano-patch"), dim: 48, hidden: 96, depth: 1, ...grids });
  return { name: "tiny", config, weights: initialWeights(parametersOf(config), createRandom(1), "scratch") };
}

/** A frame of noise, by its seed. */
export function noise(seed: number, width = 90, height = 70): Frame {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  return { width, height, channels: 3, data };
}
