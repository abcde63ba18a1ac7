import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loraConfig, mergedConfig, type Variant, variantNamed } from "@lorat/core/model";
import { bytesSource, openSafetensors } from "@lorat/core/weights";
import sharp from "sharp";

/** A network that trains in moments, with drop path. */
const variant: Variant = {
  ...variantNamed("nano-patch"),
  name: "quick",
  ...{ dim: 48, heads: 3, hidden: 96, depth: 2, templateGrid: 2, searchGrid: 4 },
};

/** What all runs of these tests have in common: pairs out of three small photographs. */
async function base(folder: string, steps: number): Promise<Record<string, unknown>> {
  const photos = join(folder, "photos");
  await mkdir(photos, { recursive: true });
  for (let i = 0; i < 3; i++) {
    const data = Buffer.alloc(80 * 60 * 3, 40 * i);
    for (let at = 0; at < data.length; at++) data[at]! += (at * (7 + i) + Math.floor(at / 97) * 31) % 160;
    await sharp(data, { raw: { width: 80, height: 60, channels: 3 } })
      .png()
      .toFile(join(photos, `${i}.png`));
  }
  const never = [0, 0];
  return {
    initialisation: "reference",
    batchSize: 8,
    steps,
    optimizer: {
      ...{ learningRate: 1e-4, warmupSteps: 5, warmupLearningRate: 1e-7, minLearningRate: 1e-6 },
      ...{ weightDecay: 0.1, maxGradNorm: 1 },
    },
    seed: 1,
    data: {
      kind: "mix",
      roots: { photos: [photos] },
      mix: {
        weights: { photoRegions: [1, 1], boxedPhotos: never, clips: never, composites: never },
        curriculum: { holdSteps: 0, rampSteps: 0 },
        ...{ scaleJitter: [0.1, 0.1], translationJitter: [1, 1], templateScaleJitter: never },
        ...{ flip: [0.5, 0.5], colorJitter: never, threeAugment: never, absent: never, clipGap: [5, 5] },
        clipCaps: [],
      },
    },
  };
}

/** Writes the configurations of the tests; gives their paths by name. */
export async function writeConfigs(folder: string, steps = 50): Promise<Record<"lora" | "full", string>> {
  const common = await base(folder, steps);
  const configs = {
    // A subset of the batch for each branch, as the reference's largest network has it.
    lora: { model: loraConfig({ ...variant, dropPath: 0.4 }, { rank: 4, alpha: 8 }) },
    full: { model: mergedConfig({ ...variant, dropPath: 0.1 }), accumulation: 2, averageDecay: 0.9 },
  };
  const write = async (name: keyof typeof configs) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, JSON.stringify({ name, ...common, ...configs[name] }));
    return path;
  };
  return { lora: await write("lora"), full: await write("full") };
}

/** Parameters of a run after its last step, moments left out. */
export async function trainedParameters(run: string, step = 50): Promise<Map<string, Float32Array>> {
  const bytes = await readFile(join(run, "checkpoints", `step-${String(step).padStart(7, "0")}.safetensors`));
  const file = await openSafetensors(bytesSource(bytes));
  const names = [...file.entries.keys()].filter((name) => !name.startsWith("exp_avg"));
  const values = await Promise.all(names.map(async (name) => [name, await file.float32(name)] as const));
  return new Map(values.map(([name, data]) => [name, Float32Array.from(data)]));
}

/** The largest difference of any parameter. */
export function largestDifference(
  a: ReadonlyMap<string, Float32Array>,
  b: ReadonlyMap<string, Float32Array>,
): number {
  let largest = 0;
  for (const [name, values] of a) {
    const others = b.get(name)!;
    values.forEach((value, i) => {
      const difference = Math.abs(value - others[i]!);
      if (!(difference <= largest)) largest = difference;
    });
  }
  return largest;
}

/** The losses of a run's steps, as its log has them. */
export async function lossesOf(run: string): Promise<number[]> {
  const text = await readFile(join(run, "metrics.jsonl"), "utf8");
  const lines = text.trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { loss: number }).loss);
}
