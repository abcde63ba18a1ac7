import { join } from "node:path";
import { type StemBatch, StemEngine, type TeacherStatistics, TeacherTally } from "@lorat/core/training";
import { type Device, float32, LoratError, type Tensor } from "@lorat/graph";
import type { Checkpoint } from "../../runs/checkpoint.ts";
import type { RunRecord, StemRecord } from "../../runs/records.ts";
import { lockRun } from "../../runs/run-lock.ts";
import { checkRun, recordRun } from "../../runs/run-start.ts";
import { inLockedRun, type LoopOptions, openMetrics, runLoop, type TrainResult } from "../run-loop.ts";
import { startingStem } from "./starting-stem.ts";
import type { StemRunConfig } from "./stem-config.ts";
import { openStemData, type StemData, stemCrops, tallyCrops } from "./stem-crops.ts";
import { writeStem } from "./stem-file.ts";
import { openTeacher, type Teacher } from "./teacher.ts";

export interface TrainStemOptions extends LoopOptions {
  readonly resume?: boolean;
  readonly device?: Device;
  readonly threads?: number;
  /** Threads that make crops; default: 1. */
  readonly workers?: number;
  /** Updates between measurements on photographs never trained on; default: 250. */
  readonly measureEvery?: number;
  /** Crops of such photographs that a measurement looks at; default: 240. */
  readonly measuredCrops?: number;
  readonly onStep?: (record: StemRecord) => void;
}

/** How a call of {@link trainStem} ended. */
export interface TrainStemResult extends TrainResult {
  /** Share of the teacher's variance explained on photographs never trained on. */
  readonly explained: number;
  /** The stem's file. */
  readonly file: string;
}

/**
 * Trains a convolutional stem to give a pretrained network's features, first block by block and then as a whole. A later
 * call with `resume` goes on from the last checkpoint. With a base it goes on from that stem, as a whole. Writes
 * `stem.safetensors` into the run's folder at the end and whenever it is stopped.
 *
 * Throws `TEACHER_MISSING`, `TEACHER_FILE`, `DATA_PHOTOS`, `STEM_WRITE`, and what run folders, loaders and sessions throw.
 */
export async function trainStem(config: StemRunConfig, options: TrainStemOptions): Promise<TrainStemResult> {
  const { folder, device, threads, workers = 1, measureEvery = 250, measuredCrops = 240 } = options;
  return inLockedRun(
    () => lockRun(folder),
    async (open) => {
      const checkpoint = await checkRun(folder, config, options.resume ?? false);
      const data = await openStemData(config.data);
      if (data.heldOutCount === 0) {
        throw new LoratError(
          "DATA_PHOTOS",
          "a stem needs photographs to learn from, and some to be measured by",
          { hint: "give a folder with photographs in photos/ or train/images" },
        );
      }
      const teacher = open(await openTeacher(config.teacher, { ...config, device, threads }));
      await recordRun(folder, config, { data: data.fingerprint, teacher: teacher.fingerprint });
      const startStep = checkpoint?.progress.step ?? 0;
      const crops = open(
        stemCrops(data, "training", { ...sizes(config), seed: config.seed, startStep, workers }),
      );
      const statistics = checkpoint
        ? storedStatistics(checkpoint)
        : await measureTeacher(config, teacher, data);
      const engine = open(
        await StemEngine.create(config, {
          weights: checkpoint
            ? new Map()
            : await startingStem(config, { teacher: statistics, data, device, threads }),
          teacher: statistics,
          resume: checkpoint,
          device,
          threads,
        }),
      );
      let explained = 0;
      const measure = async (record: (line: RunRecord) => void) => {
        explained = await engine.explained(heldOutBatches(config, teacher, data, measuredCrops));
        record({ kind: "explained", step: engine.step, explained });
      };
      const work = {
        steps: config.steps,
        metrics: await openMetrics(folder, startStep),
        step: () => engine.step,
        async advance(record: (line: RunRecord) => void) {
          const began = performance.now();
          const { search: pixels } = await crops.next();
          const update = await engine.update({ pixels, teacher: await teacher.stages(pixels) });
          const seconds = (performance.now() - began) / 1000;
          const line: StemRecord = { kind: "stem", ...update, cropsPerSecond: config.batchSize / seconds };
          record(line);
          options.onStep?.(line);
          if (engine.step % measureEvery === 0 && engine.step < config.steps) await measure(record);
        },
        end: measure,
        checkpoint: () => withStatistics(engine, statistics),
      };
      const result = await runLoop(work, { keep: 2, ...options });
      const file = join(folder, "stem.safetensors");
      await writeStem(file, engine.folded(), { explained: explained.toFixed(4), steps: String(engine.step) });
      return { ...result, explained, file };
    },
  );
}

/** The teacher's means and deviations over training crops that no update sees. */
async function measureTeacher(
  config: StemRunConfig,
  teacher: Teacher,
  data: StemData,
): Promise<TeacherStatistics> {
  const tally = new TeacherTally();
  for await (const pixels of tallyCrops(data, config)) tally.add(await teacher.stages(pixels));
  return tally.statistics();
}

/** The same crops every time. */
async function* heldOutBatches(
  config: StemRunConfig,
  teacher: Teacher,
  data: StemData,
  count: number,
): AsyncIterable<StemBatch> {
  const crops = stemCrops(data, "heldOut", { ...sizes(config), seed: 1, workers: 0 });
  try {
    for (let seen = 0; seen < count; seen += config.batchSize) {
      const { search: pixels } = await crops.next();
      yield { pixels, teacher: await teacher.stages(pixels) };
    }
  } finally {
    await crops.dispose();
  }
}

const sizes = ({ batchSize, sidePx }: StemRunConfig) => ({ batchSize, sidePx });

/** A checkpoint carries the teacher's statistics: a resumed training measures its losses in the same units. */
function withStatistics(engine: StemEngine, { means, deviations }: TeacherStatistics): Checkpoint {
  const { progress, tensors } = engine.state();
  const all = new Map<string, Tensor<"float32">>(tensors);
  means.forEach((data, i) => {
    all.set(`teacher/mean/${i}`, float32(data, [data.length]));
  });
  deviations.forEach((data, i) => {
    all.set(`teacher/deviation/${i}`, float32(data, [data.length]));
  });
  return { progress, tensors: all, skipped: 0 };
}

function storedStatistics({ tensors }: Checkpoint): TeacherStatistics {
  const list = (kind: string) => {
    const found: Float32Array[] = [];
    for (let i = 0; tensors.has(`teacher/${kind}/${i}`); i++)
      found.push(tensors.get(`teacher/${kind}/${i}`)!.data);
    return found;
  };
  return { means: list("mean"), deviations: list("deviation") };
}
