import { readFile } from "node:fs/promises";
import { allLinearLayers, lorat, type ModelConfig, mergedConfig, networkInputs } from "@lorat/core/model";
import { fileSource, openSafetensors, type TensorFile } from "@lorat/core/weights";
import {
  type ConcreteDevice,
  type Device,
  float32,
  Graph,
  LoratError,
  resolveDevice,
  Session,
  type StoredTensor,
  type Value,
} from "@lorat/graph";
import { z } from "zod";

const count = z.int().positive();

/** Settings of a recorded forward pass: the JSON file beside the tensors. */
const recordSchema = z.object({
  config: z.object({
    dim: count,
    depth: count,
    heads: count,
    r: count.optional(),
    alpha: z.coerce.number().optional(),
    use_rslora: z.boolean().default(false),
    ffn: z.enum(["gelu-mlp", "swiglu"]),
    hidden: count,
    patch: count,
    template_grid: count,
    search_grid: count,
    batch: count,
  }),
});

/** How far one stage lies from its recording. */
export interface StageDifference {
  readonly stage: string;
  readonly difference: number;
  readonly tolerance: number;
  readonly passed: boolean;
}

/** How far a model's answers are from a recording's. */
export interface ReplayResult {
  readonly device: ConcreteDevice;
  readonly stages: readonly StageDifference[];
  readonly passed: boolean;
}

/** Largest differences that float32 arithmetic explains, by device: GPUs round sums of products in other orders. */
function defaultTolerance(stage: string, device: ConcreteDevice): number {
  if (device === "webgpu" || device === "cuda") return 1e-4;
  return /^tokens_after_block_[1-9]/.test(stage) ? 2e-5 : 1e-5;
}

/**
 * Replays a recorded reference forward pass and compares every stage. `record` is a safetensors file with `weights.*`,
 * `input.*` and `expected.*`, its settings in the JSON file of the same name. `tolerance` replaces every stage's own.
 *
 * Throws `RECORD_INVALID` when the files do not describe a forward pass, and what the readers and sessions throw.
 */
export async function replayRecord(
  record: string,
  options: { device?: Device; tolerance?: number } = {},
): Promise<ReplayResult> {
  const device = await resolveDevice(options.device ?? "auto");
  const { config } = await readSettings(record.replace(/\.safetensors$/, ".json"));
  const source = await fileSource(record);
  try {
    const file = await openSafetensors(source);
    const weights = await weightsOf(file);
    const adapted = [...weights.keys()].some((name) => name.includes(".lora."));
    const model = modelOf(config, adapted);
    const network = lorat(networkInputs(new Graph(), model, config.batch), model, { keepAllTokens: true });
    const outputs: Record<string, Value> = {
      patch_embed_z: network.stages.patchEmbedTemplate,
      patch_embed_x: network.stages.patchEmbedSearch,
      tokens_after_embedding: network.stages.embedded,
      ...Object.fromEntries(network.stages.blocks.map((value, i) => [`tokens_after_block_${i}`, value])),
      tokens_after_final_norm: network.stages.normalised,
      score_map: network.scoreMap,
      boxes: network.boxes,
    };
    const stages = Object.keys(outputs).filter((stage) => file.entries.has(`expected.${stage}`));
    if (stages.length === 0) throw invalid(record, "it holds no tensor named expected.*");
    const inputs = {
      template: await input(file, "input.z", record),
      search: await input(file, "input.x", record),
      template_mask: float32(Float32Array.from((await input(file, "input.z_feat_mask", record)).data), [
        config.batch,
        config.template_grid ** 2,
      ]),
    };
    const session = await Session.create(outputs, { device, weights });
    const results = await session.compute(inputs);
    await session.dispose();
    const compared = await Promise.all(
      stages.map(async (stage): Promise<StageDifference> => {
        const expected = await file.float32(`expected.${stage}`);
        const difference = largestDifference(results[stage]!.data as Float32Array, expected);
        const tolerance = options.tolerance ?? defaultTolerance(stage, device);
        return { stage, difference, tolerance, passed: difference <= tolerance };
      }),
    );
    return { device, stages: compared, passed: compared.every(({ passed }) => passed) };
  } finally {
    await source.dispose();
  }
}

async function readSettings(path: string): Promise<z.infer<typeof recordSchema>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    throw invalid(
      path,
      "the settings of the recording are not there",
      "keep the .json beside the .safetensors",
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, `it is not valid JSON: ${(cause as Error).message}`);
  }
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new LoratError("RECORD_INVALID", `${path} does not describe a recorded forward pass`, { issues });
}

function modelOf(config: z.infer<typeof recordSchema>["config"], adapted: boolean): ModelConfig {
  const plain = mergedConfig({
    name: "recorded",
    dim: config.dim,
    depth: config.depth,
    heads: config.heads,
    ffn: config.ffn === "swiglu" ? "swiglu" : "gelu",
    hidden: config.hidden,
    patchSize: config.patch,
    templateGrid: config.template_grid,
    searchGrid: config.search_grid,
    templateAreaFactor: 2,
    searchAreaFactor: 4,
    dropPath: 0,
  });
  if (!adapted) return plain;
  const rank = config.r ?? 64;
  return {
    ...plain,
    adaptation: {
      kind: "lora",
      rank,
      alpha: config.alpha ?? rank,
      rankStabilised: config.use_rslora,
      targets: allLinearLayers,
    },
  };
}

async function weightsOf(file: TensorFile): Promise<Map<string, StoredTensor>> {
  const weights = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape }] of file.entries) {
    if (!name.startsWith("weights.") || dtype !== "F32") continue;
    weights.set(name.slice("weights.".length), float32(await file.float32(name), shape));
  }
  return weights;
}

async function input(file: TensorFile, name: string, record: string) {
  const entry = file.entries.get(name);
  if (!entry) throw invalid(record, `it holds no tensor named ${name}`);
  return float32(await file.float32(name), entry.shape);
}

/** The largest absolute difference; infinite where only one side is a number, or the sizes differ. */
function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    if (difference > largest) largest = difference;
  }
  return largest;
}

function invalid(path: string, reason: string, hint?: string): LoratError {
  return new LoratError("RECORD_INVALID", `${path} cannot be replayed: ${reason}`, { hint });
}
