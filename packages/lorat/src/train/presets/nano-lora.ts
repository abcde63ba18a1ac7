import { loraConfig, variantNamed } from "@lorat/core";
import type { RunConfig } from "../../runs/run-config.ts";
import { type NanoOptions, nanoPreset } from "./nano.ts";

export interface NanoLoraOptions extends NanoOptions {
  /** The tracker that is adapted; the bundled one when left out. */
  readonly base?: string;
}

/**
 * LoRA on the bundled tracker, all else frozen: rank 4 on every linear layer, so that adapters, token types and head are less
 * than a tenth of the network. For trying LoRA out in minutes on a CPU, with nano's own pairs.
 *
 * Command: `lorat train nano-lora --data DIR --out RUN`. Score: not measured; it depends on the pairs.
 */
export function nanoLoraPreset({ base = "nano", steps = 1000, ...rest }: NanoLoraOptions = {}): RunConfig {
  const { averageDecay: _none, ...config } = nanoPreset({ ...rest, steps });
  return {
    ...config,
    name: "nano-lora",
    model: loraConfig(variantNamed("nano"), { rank: 4 }),
    initialisation: "reference",
    base,
    optimizer: { ...config.optimizer, weightDecay: 0.1, warmupSteps: Math.min(50, steps) },
  };
}
