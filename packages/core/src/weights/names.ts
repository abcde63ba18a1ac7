import { LoratError } from "@lorat/graph";
import { type LoraTargets, loraConfig, type ModelConfig, mergedConfig } from "../model/config.ts";
import { parametersOf } from "../model/lorat.ts";
import type { Parameter } from "../model/parameters.ts";
import { type Variant, variants } from "../model/variants.ts";
import { type StateDict, stateDictOf, validateStateDict } from "./validate.ts";

/** What trained adapters look like in a file. */
export interface AdapterLayout {
  readonly rank: number;
  readonly targets: LoraTargets;
}

/**
 * Kind of a file of weights: DINOv2's own; LoRAT's trained tensors alone; all of LoRAT in training, adapters apart; or a
 * network without adapters (merged for inference, or the full fine-tuning baseline).
 */
export type WeightsKind = "dinov2" | "lorat-trainable" | "lorat-full" | "lorat-merged";

/** What is read off a file's names and shapes. Sizes that the file does not show are absent. */
export interface WeightsProfile {
  readonly kind: WeightsKind;
  readonly dim: number;
  readonly depth: number;
  readonly ffn: "gelu" | "swiglu";
  readonly hidden: number | undefined;
  readonly patchSize: number | undefined;
  /** Cells a side of the position table: DINOv2's own grid, or the search grid of a LoRAT file. */
  readonly grid: number | undefined;
  readonly adapters: AdapterLayout | undefined;
}

/** Reads a file's kind and sizes off its names and shapes. Throws `WEIGHTS_UNKNOWN`, `WEIGHTS_REGISTERS`. */
export function profileWeights(tensors: StateDict, what: string): WeightsProfile {
  if (tensors.has("register_tokens")) {
    throw new LoratError(
      "WEIGHTS_REGISTERS",
      `${what} is a DINOv2 with registers: LoRATv2 stands on those, LoRAT does not`,
      {
        hint: "Use the file without reg4 or with-registers in its name.",
      },
    );
  }
  const kind = kindOf(tensors);
  const dim = dimOf(tensors);
  if (!kind || dim === undefined) {
    const first = [...tensors.keys()].slice(0, 5).join(", ");
    throw new LoratError(
      "WEIGHTS_UNKNOWN",
      `${what} is neither DINOv2 nor LoRAT; it holds ${tensors.size} tensors: ${first}, …`,
    );
  }
  const block = (name: string, axis: number) => tensors.get(`blocks.0.${name}`)?.[axis];
  const swiglu = [...tensors.keys()].some((name) => name.includes(".mlp.w12."));
  const hidden = swiglu
    ? (block("mlp.w12.weight", 0) ?? block("mlp.w12.linear.weight", 0) ?? block("mlp.w12.lora.B", 0))
    : (block("mlp.fc1.weight", 0) ?? block("mlp.fc1.linear.weight", 0) ?? block("mlp.fc1.lora.B", 0));
  return {
    kind,
    dim,
    depth: depthOf(tensors),
    ffn: swiglu ? "swiglu" : "gelu",
    hidden: hidden === undefined ? undefined : swiglu ? hidden / 2 : hidden,
    patchSize: tensors.get("patch_embed.proj.weight")?.[2],
    grid: gridOf(tensors.get("pos_embed")?.[1], kind),
    adapters: adaptersOf(tensors),
  };
}

/** The variant of some weights, and a sentence when it could only be assumed. */
export interface VariantChoice {
  readonly variant: Variant;
  readonly note: string | undefined;
  /** All that fit, this one first. */
  readonly fitting: readonly Variant[];
}

/**
 * Finds the variant that fits every profile, the `requested` one if given. Without a LoRAT position table the resolution
 * cannot be seen: the first that fits (224 pixels) is taken then, with a note. Throws `WEIGHTS_VARIANT`.
 */
export function recogniseVariant(profiles: readonly WeightsProfile[], requested?: Variant): VariantChoice {
  const candidates = requested ? [requested] : [...variants.values()];
  const fitting = candidates.filter((variant) =>
    profiles.every((profile) => misfits(profile, variant).length === 0),
  );
  const [variant] = fitting;
  if (!variant) {
    const issues = profiles.flatMap((profile) =>
      requested ? misfits(profile, requested) : [describe(profile)],
    );
    const found = [...new Set(issues)].join("; ");
    throw new LoratError(
      "WEIGHTS_VARIANT",
      requested
        ? `the weights are not of variant ${requested.name}: ${found}`
        : `the weights are of no known variant: ${found}`,
      {
        hint: requested
          ? "Without a variant it is recognised."
          : `Known are ${[...variants.keys()].join(", ")}.`,
      },
    );
  }
  if (fitting.length === 1) return { variant, note: undefined, fitting };
  const others = fitting.slice(1).map(({ name }) => name);
  return {
    variant,
    fitting,
    note: `the files do not show the search size: ${variant.name} was assumed, ${others.join(", ")} would fit as well`,
  };
}

/** The network whose parameters a file of a kind names: that of LoRAT in training, or without adapters. */
export function configOfWeights(
  { adapters }: Pick<WeightsProfile, "adapters">,
  variant: Variant,
): ModelConfig {
  return adapters ? loraConfig(variant, adapters) : mergedConfig(variant);
}

/** Checks every name and shape of a file against its kind and variant; throws as {@link validateStateDict} does. */
export function validateWeights(
  tensors: StateDict,
  profile: WeightsProfile,
  variant: Variant,
  what: string,
): void {
  if (profile.kind === "dinov2") {
    const expected = new Map(dinov2StateDict(variant, profile.grid ?? 0));
    // timm's files have none, and nothing here reads it.
    const optional = new Map([["mask_token", expected.get("mask_token")!]]);
    expected.delete("mask_token");
    validateStateDict(tensors, expected, { what, optional });
    return;
  }
  const parameters = parametersOf(configOfWeights(profile, variant));
  const all = stateDictOf(parameters);
  if (profile.kind === "lorat-merged") {
    validateStateDict(tensors, all, { what });
    return;
  }
  const notes = scalingNotes(parameters);
  const expected =
    profile.kind === "lorat-full" ? all : stateDictOf(parameters.filter(({ role }) => role.trains));
  validateStateDict(tensors, expected, { what, optional: new Map([...notes, ...all]) });
}

/** A DINOv2 checkpoint without registers, its positions on a square grid of `sourceGrid` cells (specification section 2.1). */
export function dinov2StateDict(variant: Variant, sourceGrid: number): StateDict {
  const { dim } = variant;
  const backbone = parametersOf(mergedConfig(variant)).filter(({ role }) => role.part === "backbone");
  return new Map<string, readonly number[]>([
    ["cls_token", [1, 1, dim]],
    ["mask_token", [1, dim]],
    ...stateDictOf(backbone),
    ["pos_embed", [1, 1 + sourceGrid ** 2, dim]],
  ]);
}

/** Scalars that a training file may hold for the scaling of its adapters, for all layers or for one. */
export function scalingNotes(parameters: readonly Parameter[]): StateDict {
  const places = parameters.flatMap(({ role }) => (role.fold ? [`${role.fold.place}.alpha`] : []));
  return new Map(["lora_alpha", "use_rslora", ...places].map((name) => [name, []]));
}

const noTargets: LoraTargets = { q: false, k: false, v: false, proj: false, mlp: false };

function kindOf(tensors: StateDict): WeightsKind | undefined {
  const names = [...tensors.keys()];
  const hasBody = tensors.has("patch_embed.proj.weight") || tensors.has("blocks.0.norm1.weight");
  if (names.some((name) => name.endsWith(".lora.A"))) return hasBody ? "lorat-full" : "lorat-trainable";
  if (tensors.has("token_type_embed") || names.some((name) => name.startsWith("head.")))
    return "lorat-merged";
  return hasBody ? "dinov2" : undefined;
}

/** The width, from the first tensor that shows it. */
function dimOf(tensors: StateDict): number | undefined {
  for (const [name, shape] of tensors) {
    if (/^norm\.|^patch_embed\.proj\.|^head\..*layers\.0\.weight$/.test(name)) return shape[0];
    if (name === "token_type_embed" || /\.attn\.(qkv\.[qkv]|proj)\.lora\.A$/.test(name)) return shape[1];
  }
  return undefined;
}

function depthOf(tensors: StateDict): number {
  let depth = 0;
  for (const name of tensors.keys()) {
    const block = /^blocks\.(\d+)\./.exec(name);
    if (block) depth = Math.max(depth, Number(block[1]) + 1);
  }
  return depth;
}

function gridOf(rows: number | undefined, kind: WeightsKind): number | undefined {
  if (rows === undefined) return undefined;
  const grid = Math.round(Math.sqrt(kind === "dinov2" ? rows - 1 : rows));
  return Number.isNaN(grid) ? 0 : grid;
}

function adaptersOf(tensors: StateDict): AdapterLayout | undefined {
  const targets = { ...noTargets };
  let rank: number | undefined;
  for (const [name, shape] of tensors) {
    const found = /\.(?:attn\.qkv\.([qkv])|attn\.(proj)|(mlp)\.\w+)\.lora\.A$/.exec(name);
    if (!found) continue;
    rank ??= shape[0];
    targets[(found[1] ?? found[2] ?? found[3]) as keyof LoraTargets] = true;
  }
  return rank === undefined ? undefined : { rank, targets };
}

function misfits(profile: WeightsProfile, variant: Variant): string[] {
  const out: string[] = [];
  const compare = (what: string, found: unknown, wanted: unknown) => {
    if (found !== undefined && found !== wanted) out.push(`${what} ${found}, ${variant.name} has ${wanted}`);
  };
  compare("width", profile.dim, variant.dim);
  compare("depth", profile.depth, variant.depth);
  compare("feed-forward", profile.ffn, variant.ffn);
  compare("hidden width", profile.hidden, variant.hidden);
  compare("patch size", profile.patchSize, variant.patchSize);
  if (profile.kind !== "dinov2") compare("search grid", profile.grid, variant.searchGrid);
  return out;
}

function describe({ kind, dim, depth, ffn, hidden, patchSize, grid }: WeightsProfile): string {
  const parts = [
    `a ${kind} file of width ${dim}, depth ${depth}, ${ffn} feed-forward of ${hidden ?? "unknown width"}`,
  ];
  if (patchSize !== undefined) parts.push(`patches of ${patchSize} pixels`);
  if (grid !== undefined) parts.push(`positions on a ${grid}x${grid} grid`);
  return parts.join(", ");
}
