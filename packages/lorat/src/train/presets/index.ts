import { LoratError, nearestName } from "@lorat/graph";
import { ablationPresets } from "./ablations.ts";
import { nanoLoraPreset, nanoPreset } from "./nano.ts";
import { paperPresets } from "./paper.ts";
import type { Preset } from "./reference.ts";

const nano: Preset = {
  name: "nano",
  summary: "the default model, from scratch",
  expected: "models/nano/README.md",
  needs: "nothing; --data helps",
  config: nanoPreset,
};

const nanoLora: Preset = {
  name: "nano-lora",
  summary: "LoRA, rank 4, on the default model",
  expected: "not measured",
  needs: "nothing; --data helps",
  config: nanoLoraPreset,
};

/** Every preset by name. */
export const presets: ReadonlyMap<string, Preset> = new Map(
  [nano, nanoLora, ...paperPresets, ...ablationPresets].map((preset) => [preset.name, preset]),
);

/** The preset of that name; throws `PRESET_UNKNOWN` with the nearest one. */
export function presetNamed(name: string): Preset {
  const preset = presets.get(name);
  if (preset) return preset;
  const near = nearestName(name, presets.keys());
  throw new LoratError("PRESET_UNKNOWN", `there is no preset "${name}"`, {
    hint: `${near ? `did you mean "${near}"? ` : ""}lorat train --presets lists all of them; a configuration is a .ts or .json file`,
  });
}

export type { Preset, PresetOptions } from "./reference.ts";
