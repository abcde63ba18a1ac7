/**
 * Writes the folders of tests/fixtures/earlier as the version at hand writes them: a data set, runs stopped half way and what they
 * give when they go on, an evaluation, a base and a model folder. Made once, before the forms of the folders changed:
 *
 *   node scripts/run.mjs experiments/earlier-forms.ts FOLDER
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loraConfig, mergedConfig, type Variant, variantNamed } from "@lorat/core/model";
import { dinov2StateDict } from "@lorat/core/weights";
import { evaluate, exportRun, type RunConfig, train } from "lorat";
import { convertModel } from "../packages/lorat/src/models/convert/index.ts";
import { paperAugmentation } from "../packages/lorat/src/sampling/crop-augmentation.ts";
import { synthesise } from "../packages/lorat/src/synth/synthesise.ts";
import { writeSequence } from "../packages/lorat/src/synth/write-sequence.ts";
import { DRIFT_MODULE } from "../packages/lorat/src/testing/eval-sequences.ts";
import { filled, writeSafetensorsFile } from "../packages/lorat/src/testing/model-weights.ts";
import { nanoPreset } from "../packages/lorat/src/train/presets/nano.ts";

const folder = process.argv[2]!;
const variant: Variant = {
  ...variantNamed("nano-patch"),
  name: "earlier",
  dim: 12,
  heads: 2,
  hidden: 24,
  depth: 1,
  templateGrid: 2,
  searchGrid: 4,
  dropPath: 0.2,
} as Variant;
const options = { threads: 1, workers: 0, device: "cpu", keep: 1 } as const;

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const clips = join(folder, "clips");
for (const seed of [1, 2])
  await writeSequence(join(clips, `clip-${seed}`), synthesise(seed, { width: 80, height: 64, frames: 6 }));

async function stopped(config: RunConfig, name: string) {
  const at = join(folder, name);
  const stop = new AbortController();
  await train(config, {
    ...options,
    folder: at,
    signal: stop.signal,
    onStep: ({ step }) => step === 2 && stop.abort(),
  });
  await rm(join(at, "events"), { recursive: true, force: true });
  const whole = join(folder, "whole");
  await train(config, { ...options, folder: whole });
  await writeFile(join(folder, `${name}.metrics.jsonl`), await readFile(join(whole, "metrics.jsonl")));
  await rm(whole, { recursive: true });
}

const preset = nanoPreset({ steps: 4 });
await stopped(
  {
    ...preset,
    name: "earlier",
    model: mergedConfig(variant),
    batchSize: 2,
    validation: { everySteps: 2, samples: 2, data: preset.data },
  },
  "run-mix",
);

const tensors = filled(dinov2StateDict(variant, 5)).map(({ data, ...rest }) => {
  const values = new Float32Array((data as Uint8Array).slice().buffer).map((value) => value * 0.1);
  return { ...rest, data: new Uint8Array(values.buffer) };
});
const dinov2 = await writeSafetensorsFile(join(folder, "dinov2.safetensors"), tensors);
const base = join(folder, "base");
await convertModel({ files: [dinov2], outDir: base, variant, force: true });
await rm(dinov2);
const lora: RunConfig = {
  ...preset,
  name: "earlier-lora",
  base,
  model: loraConfig(variant, { rank: 2, alpha: 4 }),
  initialisation: "reference",
  accumulation: 2,
  batchSize: 2,
  averageDecay: undefined,
  data: {
    kind: "datasets",
    sets: [{ dataset: `folder:${clips}` }],
    samplesPerEpoch: 4,
    maxGap: 100,
    mode: "interval",
    augmentation: paperAugmentation,
    maxUnreadableShare: 0.01,
  },
} as RunConfig;
await stopped(lora, "run-datasets");
await exportRun(join(folder, "run-datasets"), lora, join(folder, "model"));

const module = join(folder, "drift.mjs");
await writeFile(module, DRIFT_MODULE);
await evaluate({
  dataset: `folder:${clips}`,
  tracker: { kind: "module", path: module },
  folder: join(folder, "evaluation"),
  workers: 1,
});
const record = join(folder, "evaluation", "run.json");
await writeFile(record, (await readFile(record, "utf8")).replaceAll(`${process.cwd()}/`, ""));
