/**
 * Does LoRA carry a tracker from one world to another? A network of nano's size learns one procedural domain in full; then
 * LoRA alone adapts it to a second one with other textures, motion and distractors. Beside it the paper's finding in small:
 * LoRA from the same backbone with a convolutional head and with separate position tables, gradient norms and losses.
 *
 *   npm run build && node scripts/run.mjs experiments/adaptation.ts --out RUNS [--base MODEL] [--part adapt|compare] [--pretrain 2000]
 *     [--adapt 1200] [--compare 400] [--clips 24] [--rank 4] [--threads N] [--json FILE]
 *
 * Every part is a run folder in RUNS that goes on where it stopped; `--base` skips the first.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loraConfig, mergedConfig, type ParameterRole, parametersOf, variantNamed } from "@lorat/core/model";
import { sizeOf } from "@lorat/graph";
import { exportRun, loadTracker, type RunConfig, train } from "lorat";
import {
  fromScratchMix,
  type MixConfig,
  meanAuc,
  runAblation,
  runProcedural,
  summaryTable,
} from "lorat/parts";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    base: { type: "string" },
    part: { type: "string", default: "both" },
    pretrain: { type: "string", default: "2000" },
    adapt: { type: "string", default: "1200" },
    compare: { type: "string", default: "400" },
    clips: { type: "string", default: "24" },
    rank: { type: "string", default: "4" },
    threads: { type: "string" },
    json: { type: "string" },
  },
});
if (!values.out) {
  console.error("--out is missing: a folder for the runs");
  process.exit(2);
}
const out = values.out;
const threads = values.threads === undefined ? undefined : Number(values.threads);
const variant = variantNamed("nano-patch");
/** The first world, and the one to adapt to. */
const [first, second] = ["meadow", "fair"] as const;
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

/** Procedural pairs of one world, disguised little. */
function pairs(domain: "meadow" | "fair", curriculum: MixConfig["curriculum"]): RunConfig["data"] {
  return {
    kind: "mix",
    roots: {},
    mix: {
      ...fromScratchMix,
      domain,
      curriculum,
      weights: { photoRegions: [0, 0], boxedPhotos: [0, 0], clips: [0, 0], composites: [1, 1] },
      scaleJitter: [0.1, 0.2],
      translationJitter: [1, 1.5],
      flip: [0, 0],
      colorJitter: [0, 0.2],
      threeAugment: [0, 0],
    },
  };
}

const optimizer = {
  warmupLearningRate: 1e-7,
  minLearningRate: 1e-6,
  weightDecay: 0.05,
  maxGradNorm: 1,
  beta2: 0.98,
};

const pretraining: RunConfig = {
  name: `nano-${first}`,
  model: mergedConfig(variant),
  initialisation: "scratch",
  batchSize: 16,
  steps: Number(values.pretrain),
  optimizer: { ...optimizer, learningRate: 7e-4, warmupSteps: 100 },
  averageDecay: 0.998,
  iouAware: true,
  seed: 1,
  data: pairs(first, { holdSteps: 150, rampSteps: 850 }),
};

function adapting(base: string, rank: number, steps: number, learningRate: number): RunConfig {
  return {
    name: `${second}-lora-r${rank}`,
    model: loraConfig(variant, { rank }),
    initialisation: "reference",
    base,
    batchSize: 16,
    steps,
    optimizer: { ...optimizer, learningRate, warmupSteps: Math.min(50, steps) },
    averageDecay: 0.99,
    iouAware: true,
    seed: 2,
    data: pairs(second, { holdSteps: 0, rampSteps: 0 }),
  };
}

async function run(config: RunConfig, folder: string): Promise<void> {
  const started = performance.now();
  const { finished, step } = await train(config, {
    folder,
    resume: existsSync(join(folder, "config.json")),
    signal: stop.signal,
    keep: 1,
    threads,
    onStep: ({ step, iou, loss, gradNorm, samplesPerSecond }) => {
      if (step % 50 !== 0) return;
      console.error(
        `${config.name} ${step}/${config.steps}  loss ${loss.toFixed(3)}  IoU ${iou.toFixed(3)}  norm ${gradNorm.toFixed(1)}  ${samplesPerSecond.toFixed(0)} pairs/s`,
      );
    },
  });
  console.error(
    `${config.name}: step ${step}, ${((performance.now() - started) / 60000).toFixed(1)} minutes`,
  );
  if (!finished) process.exit(130);
}

/** Mean AUC, percent, on validation clips of both worlds, from seeds that no training scene has. */
async function score(model: string): Promise<Record<string, number>> {
  const tracker = await loadTracker(model, { device: "cpu", threads });
  try {
    const scores: Record<string, number> = {};
    for (const domain of [first, second]) {
      const trial = { clips: Number(values.clips), frames: 60, width: 320, height: 240, domain };
      scores[domain] = 100 * meanAuc(await runProcedural(tracker, trial));
    }
    return scores;
  } finally {
    await tracker.dispose();
  }
}

function trainableShare({ model }: RunConfig): number {
  const parameters = parametersOf(model);
  const count = (select: (role: ParameterRole) => boolean) =>
    parameters.reduce((sum, { role, shape }) => sum + (select(role) ? sizeOf(shape) : 0), 0);
  return count(({ trains }) => trains) / count(({ merged }) => merged !== undefined);
}

const base = values.base ?? join(out, `${first}-model`);
if (!values.base && !existsSync(base)) {
  await run(pretraining, join(out, first));
  await exportRun(join(out, first), pretraining, base);
}
const figures: Record<string, unknown> = { base };

if (values.part !== "compare") {
  const config = adapting(base, Number(values.rank), Number(values.adapt), 1e-3);
  const before = await score(base);
  await run(config, join(out, config.name));
  const adapted = join(out, `${config.name}-model`);
  await exportRun(join(out, config.name), config, adapted);
  const after = await score(adapted);
  const share = trainableShare(config);
  Object.assign(figures, { before, after, trainableShare: share });
  console.log(`AUC on ${values.clips} clips of 60 frames, percent`);
  console.log(`${"".padEnd(34)}${first.padStart(10)}${second.padStart(10)}`);
  for (const [label, scores] of [
    [`trained on ${first}`, before],
    [`adapted to ${second} by LoRA`, after],
  ] as const) {
    console.log(
      `${label.padEnd(34)}${scores[first]!.toFixed(1).padStart(10)}${scores[second]!.toFixed(1).padStart(10)}`,
    );
  }
  console.log(`parameters trained: ${(share * 100).toFixed(1)} % of the network's`);
}

if (values.part !== "adapt") {
  // All rows start from the backbone, with heads and types drawn anew, so that no head has a past.
  const shared: RunConfig = {
    ...adapting(base, 16, Number(values.compare), 1e-3),
    name: "compare",
    baseParts: "backbone",
    validation: {
      everySteps: Number(values.compare),
      samples: 256,
      data: pairs(second, { holdSteps: 0, rampSteps: 0 }),
    },
  };
  const options = { signal: stop.signal, threads };
  const heads = await runAblation("head", shared, {
    ...options,
    out: join(out, "head"),
    rows: ["mlp", "conv", "conv-separate"],
    onRow: ({ title }) => console.error(title),
  });
  const embeddings = await runAblation("embeddings", shared, {
    ...options,
    out: join(out, "embeddings"),
    rows: ["separate", "shared"],
    onRow: ({ title }) => console.error(title),
  });
  Object.assign(figures, { heads, embeddings });
  console.log(summaryTable([...heads.rows, ...embeddings.rows]));
}
if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
