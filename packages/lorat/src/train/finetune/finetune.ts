import { join } from "node:path";
import { createTracker } from "@lorat/core/model";
import { TrainingEngine, type UpdateResult } from "@lorat/core/training";
import { fileSource, requireTracker } from "@lorat/core/weights";
import { type Device, LoratError, type Tensor } from "@lorat/graph";
import type { Dataset } from "../../datasets/dataset.ts";
import { datasetOf, openDataset } from "../../datasets/index.ts";
import { cropGeometry } from "../../runs/run-config.ts";
import { createLoader } from "../../sampling/loader.ts";
import { weightsFingerprint, writeAdapter } from "../../trackers/model/adapter.ts";
import { scoreSegments } from "../../trackers/one-pass.ts";
import { openBase } from "../base-model.ts";
import { startingWeights } from "../starting-weights.ts";
import { heldOutOf, splitClips } from "./held-out.ts";
import { mixedBatches } from "./mixed-batches.ts";
import { type FinetuneSettings, finetuneData, finetuneSettings, mixPairs, pairsOfMix } from "./settings.ts";

/** What {@link finetune} takes. */
export interface FinetuneOptions extends FinetuneSettings {
  /** Bundled model's name or model folder. */
  readonly model: string;
  /** Annotated clips: a folder, or `KIND:PATH`. */
  readonly clips: string;
  /** Clips to check on, in place of a part of `clips`. */
  readonly validation?: string;
  /** Folder that the adapter goes into. */
  readonly out: string;
  /** Updates between two checks; default: 50. */
  readonly checkEvery?: number;
  /** Checks in a row without a better score after which it stops; default: 3. */
  readonly patience?: number;
  readonly device?: Device;
  readonly threads?: number;
  /** Threads that prepare batches; default: 1. */
  readonly workers?: number;
  /** Stops early; the best adapter so far is written all the same. */
  readonly signal?: AbortSignal;
  readonly onStep?: (step: UpdateResult) => void;
  readonly onCheck?: (check: Check) => void;
}

/** Scores of the held-out part after a number of updates; success AUC, 0 to 1. */
export interface Check {
  readonly step: number;
  readonly auc: number;
  readonly sequences: Readonly<Record<string, number>>;
}

/** The checks of a fine-tuning on clips that it did not learn from. */
export interface FinetuneResult {
  /** What was held out: whole clips, the ends of all, or others that were given. */
  readonly heldOut: "clips" | "ends" | "given";
  readonly before: Check;
  /** The best check; `before` itself where nothing was better. */
  readonly best: Check;
  readonly checks: readonly Check[];
  readonly steps: number;
  readonly stopped: "steps" | "patience" | "interrupted";
  /** The adapter's file; absent when the model itself tracked best. */
  readonly adapter?: string;
}

/**
 * Adapts a tracker to a handful of annotated clips by LoRA (paper section 3.1): trains on most of them, tracks the rest
 * every so often, stops when that gets no better, and writes the adapter that tracked best. The model is not changed, and an
 * adapter that helps nothing is not written.
 *
 * Throws `FINETUNE_CLIPS` when nothing can be held out, `MODEL_BACKBONE_ONLY`, `LOSS_NOT_FINITE`, and what opening models and datasets throws.
 */
export async function finetune(options: FinetuneOptions): Promise<FinetuneResult> {
  const { model, signal, patience = 3, checkEvery = 50, device = "auto", threads, workers = 1 } = options;
  const base = await openBase(model);
  requireTracker({ manifest: base });
  const spec = datasetSpec(options.clips);
  const split = splitClips(await open(spec));
  const given = options.validation && heldOutOf(await open(datasetSpec(options.validation)));
  const heldOut = given || split.heldOut;
  if (heldOut.length === 0) throw nothingHeldOut(options.validation ?? options.clips);

  const settings = finetuneSettings(base.variant, options);
  const weights = await startingWeights({ ...settings, initialisation: "reference", base: model });
  const engine = await TrainingEngine.create(settings, { weights, device, threads });
  const training = given
    ? { dataset: spec }
    : { dataset: spec, only: split.training, frameShare: split.trainingShare };
  const ofMix = pairsOfMix(settings.batchSize, options.mixShare);
  const batches = mixedBatches(
    [
      { data: finetuneData(training), batchSize: settings.batchSize - ofMix },
      { data: mixPairs(options.mixData), batchSize: ofMix },
    ]
      .filter(({ batchSize }) => batchSize > 0)
      .map((part) =>
        createLoader({ ...part, geometry: cropGeometry(settings.model), seed: settings.seed, workers }),
      ),
  );
  const check = async (step: number): Promise<Check> => {
    const weights = await engine.weights({ average: true });
    const tracker = await createTracker(
      { name: base.variant.name, config: settings.model, weights, loop: base.loop },
      { device, threads },
    );
    try {
      const result = { step, ...(await scoreSegments(tracker, heldOut, signal)) };
      options.onCheck?.(result);
      return result;
    } finally {
      await tracker.dispose();
    }
  };
  try {
    const before = await check(0);
    const checks = [before];
    let best = before;
    let bestTensors: Map<string, Tensor<"float32">> | undefined;
    let stopped: FinetuneResult["stopped"] = "steps";
    let step = 0;
    try {
      while (step < settings.steps && stopped === "steps") {
        signal?.throwIfAborted();
        const update = await engine.step(await batches.next());
        step = update.step;
        if (update.skipped) throw notFinite(step);
        options.onStep?.(update);
        if (step % checkEvery !== 0 && step !== settings.steps) continue;
        const latest = await check(step);
        checks.push(latest);
        if (latest.auc > best.auc) {
          best = latest;
          bestTensors = await trainedTensors(engine);
        } else if (checks.length - 1 - checks.indexOf(best) >= patience) {
          stopped = "patience";
        }
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
      stopped = "interrupted";
    }
    const result = {
      heldOut: given ? ("given" as const) : split.kind,
      before,
      best,
      checks,
      steps: step,
      stopped,
    };
    if (!bestTensors) return result;
    const adapter = join(options.out, "adapter.safetensors");
    await save(
      adapter,
      bestTensors,
      model,
      base.file,
      `held-out AUC ${percent(before.auc)} before, ${percent(best.auc)} after`,
    );
    return { ...result, adapter };
  } finally {
    await Promise.all([engine.dispose(), batches.dispose()]);
  }
}

function datasetSpec(clips: string): string {
  return /^[a-z0-9_]+:/.test(clips) ? clips : `folder:${clips}`;
}

async function open(dataset: string): Promise<Dataset> {
  return datasetOf(await openDataset({ dataset }));
}

/** A copy of what trains, the averaged values: the engine goes on changing its own. */
async function trainedTensors(engine: TrainingEngine): Promise<Map<string, Tensor<"float32">>> {
  const weights = await engine.weights({ average: true });
  return new Map(
    engine.trainable.map(({ name }) => {
      const { dtype, shape, data } = weights.get(name) as Tensor<"float32">;
      return [name, { dtype, shape, data: data.slice() }];
    }),
  );
}

async function save(
  path: string,
  tensors: ReadonlyMap<string, Tensor<"float32">>,
  model: string,
  baseFile: string,
  notes: string,
): Promise<void> {
  const source = await fileSource(baseFile);
  try {
    await writeAdapter(path, tensors, {
      base: model,
      baseFingerprint: await weightsFingerprint(source),
      notes,
    });
  } finally {
    await source.dispose();
  }
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}

function nothingHeldOut(clips: string): LoratError {
  return new LoratError("FINETUNE_CLIPS", `nothing in ${clips} can be tracked to check on`, {
    hint: "a clip needs at least two annotated frames; annotate some more, or give other clips with --validation",
  });
}

function notFinite(step: number): LoratError {
  return new LoratError("LOSS_NOT_FINITE", `the loss or its gradients of step ${step} are not finite`, {
    hint: "use a lower --learning-rate",
  });
}
