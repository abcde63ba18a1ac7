import { loraConfig, mergedConfig } from "@lorat/core/model";
import type { Preset } from "./reference.ts";
import { paperRun, reference } from "./reference.ts";

// Where expected scores are from: LoRAT's paper ("Tracking Meets LoRA", ECCV 2024). Those of its abstract were read there;
// the others are as quoted by reviews of the paper, and "not at hand" stands where no quotation was found.

const everything = "the four datasets, --got10k-list, --base";
const got10kAlone = "GOT-10k, --base";

/** LoRAT: rank 64 on every linear layer of a frozen backbone, 170 epochs of 131,072 pairs. */
function lora(variant: string, expected: string): Preset {
  return {
    name: variant,
    summary: `LoRAT-${variant}`,
    expected,
    needs: everything,
    config: (options) =>
      paperRun({ name: variant, variant, model: (v) => loraConfig(v), data: "all" }, options),
  };
}

/** The same on GOT-10k's training split alone, 100 epochs, for its one-shot protocol. */
function got10k(variant: string, expected: string): Preset {
  const name = `${variant}-got10k`;
  return {
    name,
    summary: `LoRAT-${variant} for GOT-10k's one-shot protocol`,
    expected,
    needs: got10kAlone,
    config: (options) => paperRun({ name, variant, model: (v) => loraConfig(v), data: "got10k" }, options),
  };
}

/** The baseline: everything trains, with rates that fall with depth, clipped at 0.1. */
function fullFineTuning(variant: string, expected: string): Preset {
  const name = `${variant}-full`;
  const { maxGradNorm, layerDecay } = reference.fullFineTuning;
  const optimizer = { maxGradNorm, layerDecay: layerDecay[variant[0] as keyof typeof layerDecay] };
  return {
    name,
    summary: `full fine-tuning of ${variant}, the baseline`,
    expected,
    needs: everything,
    config: (options) => paperRun({ name, variant, model: mergedConfig, data: "all", optimizer }, options),
  };
}

/**
 * `lorat train B-224 --base BACKBONE --data DIR --got10k-list FILE --out RUN`. Expected: LaSOT SUC 71.7, LaSOText 50.3,
 * TrackingNet 83.5, GOT-10k AO 72.1 (its own preset), TNL2K 58.8.
 */
const b224 = lora("B-224", "LaSOT SUC 71.7, LaSOText 50.3, TrackingNet 83.5, TNL2K 58.8");
/** `lorat train B-378 …`. Expected: LaSOT SUC 72.9; the others not at hand. */
const b378 = lora("B-378", "LaSOT SUC 72.9");
/** `lorat train L-224 …`. Expected: LaSOT SUC 74.2 (abstract); the others not at hand. The paper: 10.8 GPU hours. */
const l224 = lora("L-224", "LaSOT SUC 74.2");
/** `lorat train L-378 …`. Expected: LaSOT SUC 75.1, LaSOText 56.6, TrackingNet 85.6, TNL2K 62.3. */
const l378 = lora("L-378", "LaSOT SUC 75.1, LaSOText 56.6, TrackingNet 85.6, TNL2K 62.3");
/** `lorat train g-224 …`. Expected: the paper's table of results; the numbers are not at hand. */
const g224 = lora("g-224", "the paper's table of results");
/** `lorat train g-378 …`. Expected: LaSOT SUC 76.2, LaSOText 56.5, TrackingNet 86.0, TNL2K 62.7. */
const g378 = lora("g-378", "LaSOT SUC 76.2, LaSOText 56.5, TrackingNet 86.0, TNL2K 62.7");
/** `lorat train S-224 …`. Not in the paper; its repository holds the configuration. Scores not published. */
const s224 = lora("S-224", "not published");
/** `lorat train S-378 …`. Not in the paper; its repository holds the configuration. Scores not published. */
const s378 = lora("S-378", "not published");

/** `lorat train B-224-got10k --base BACKBONE --data DIR --out RUN`. Expected: GOT-10k AO 72.1. */
const b224Got10k = got10k("B-224", "GOT-10k AO 72.1");
/** `lorat train B-378-got10k …`. Expected: the paper's table of results; not at hand. */
const b378Got10k = got10k("B-378", "the paper's table of results");
/** `lorat train L-224-got10k …`. Expected: the paper's table of results; not at hand. */
const l224Got10k = got10k("L-224", "the paper's table of results");
/** `lorat train L-378-got10k …`. Expected: GOT-10k AO 77.5. */
const l378Got10k = got10k("L-378", "GOT-10k AO 77.5");
/** `lorat train g-224-got10k …`. Expected: the paper's table of results; not at hand. */
const g224Got10k = got10k("g-224", "the paper's table of results");
/** `lorat train g-378-got10k …`. Expected: GOT-10k AO 78.9. */
const g378Got10k = got10k("g-378", "GOT-10k AO 78.9");

/** `lorat train B-224-full --base BACKBONE --data DIR --got10k-list FILE --out RUN`. Expected: LaSOT SUC 70.9. */
const b224Full = fullFineTuning("B-224", "LaSOT SUC 70.9");
/** `lorat train B-378-full …`. Expected: the paper's comparison with full fine-tuning; not at hand. */
const b378Full = fullFineTuning("B-378", "the paper's comparison");
/** `lorat train L-224-full …`. Expected: LaSOT SUC 73.0, from a review; the abstract compares with 70.3. 35.0 GPU hours. */
const l224Full = fullFineTuning("L-224", "LaSOT SUC 73.0");
/** `lorat train L-378-full …`. Expected: LaSOT SUC 74.9. */
const l378Full = fullFineTuning("L-378", "LaSOT SUC 74.9");
/** `lorat train g-224-full …`. The paper does not train it; scores not published. */
const g224Full = fullFineTuning("g-224", "not published");

/** Every run of the paper's main tables. */
export const paperPresets: readonly Preset[] = [
  ...[b224, b378, l224, l378, g224, g378, s224, s378],
  ...[b224Got10k, b378Got10k, l224Got10k, l378Got10k, g224Got10k, g378Got10k],
  ...[b224Full, b378Full, l224Full, l378Full, g224Full],
];
