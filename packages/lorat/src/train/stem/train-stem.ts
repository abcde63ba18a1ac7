import { join } from "node:path";
import { mergedConfig, parametersOf, variantNamed } from "@lorat/core/model";
import {
  createRandom,
  initialStem,
  type StemBatch,
  StemEngine,
  type StemSettings,
  stemInputs,
  stemMoments,
  stemTrainable,
  type TeacherStatistics,
  TeacherTally,
  unfoldedStem,
} from "@lorat/core/training";
import { type Device, float32, LoratError, Session, type Tensor } from "@lorat/graph";
import { type Checkpoint, writeCheckpoint } from "../../runs/checkpoint.ts";
import { MetricsLog } from "../../runs/metrics-log.ts";
import type { RunRecord, StemRecord } from "../../runs/records.ts";
import { runFiles } from "../../runs/run-config.ts";
import { lockRun } from "../../runs/run-lock.ts";
import { checkRun, recordRun } from "../../runs/run-start.ts";
import type { DataRoots } from "../../sampling/data-manifest.ts";
import { tensorReader } from "../stored-tensors.ts";
import { openStemData, type StemData, stemCrops } from "./stem-crops.ts";
import { stemWeights, writeStem } from "./stem-file.ts";
import { openTeacher, type Teacher } from "./teacher.ts";

/** Everything that decides a stem's training; plain data, kept in the run's folder. */
export interface StemRunConfig extends StemSettings {
  readonly name: string;
  readonly seed: number;
  /** The teacher's ONNX file. */
  readonly teacher: string;
  /** A stem's file, or a bundled model, to go on from; default: none. */
  readonly base?: string | undefined;
  readonly data: DataRoots;
}

/** What may be chosen beside teacher and data. */
interface StemConfigOptions {
  readonly steps?: number | undefined;
  readonly seed?: number | undefined;
  /** See {@link StemRunConfig.base}. */
  readonly base?: string | undefined;
}

/**
 * Batches of 24 crops, the first half of the updates block by block. The bundled model's stem was begun so, and its run was
 * shortened to 5,000 updates, 2,200 of them block by block (`docs/log.md`).
 */
export function stemConfig(
  teacher: string,
  data: DataRoots,
  { steps = 8000, seed = 1, base }: StemConfigOptions = {},
): StemRunConfig {
  return {
    name: "stem",
    seed,
    teacher,
    base,
    data,
    batchSize: 24,
    sidePx: 128,
    steps,
    stepsAlone: base === undefined ? Math.floor(steps / 2) : 0,
    optimizer: {
      learningRate: 6e-3,
      warmupSteps: Math.min(100, steps),
      warmupLearningRate: 1e-5,
      minLearningRate: 1e-5,
      weightDecay: 1e-4,
      maxGradNorm: 10,
    },
  };
}

export interface TrainStemOptions {
  /** The run's folder. */
  readonly folder: string;
  readonly resume?: boolean;
  readonly device?: Device;
  readonly threads?: number;
  /** Threads that make crops; default 1. */
  readonly workers?: number;
  /** Seconds between checkpoints; default 180. */
  readonly checkpointSeconds?: number;
  /** Updates between measurements on photographs never trained on; default 250. */
  readonly measureEvery?: number;
  /** Crops of such photographs that a measurement looks at; default: 240. */
  readonly measuredCrops?: number;
  /** Stops after the update in flight, saving a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onStep?: (record: StemRecord) => void;
  readonly onRecord?: (record: RunRecord) => void;
}

/** How a call of {@link trainStem} ended. */
export interface TrainStemResult {
  readonly step: number;
  readonly finished: boolean;
  /** Share of the teacher's variance explained on photographs never trained on. */
  readonly explained: number;
  /** The stem's file. */
  readonly file: string;
}

/** Batches by which the teacher's means and deviations are measured. */
const TALLY_BATCHES = 12;

/**
 * Trains a convolutional stem to give a pretrained network's features, first block by block and then as a whole. A later
 * call with `resume` goes on from the last checkpoint. With a base it goes on from that stem, as a whole. Writes `stem.safetensors` into the run's folder at the end and
 * whenever it is stopped.
 *
 * Throws `TEACHER_MISSING`, `TEACHER_FILE`, and what run folders, loaders and sessions throw.
 */
export async function trainStem(config: StemRunConfig, options: TrainStemOptions): Promise<TrainStemResult> {
  const { folder, device, threads, workers = 1 } = options;
  const unlock = await lockRun(folder);
  const open: { dispose(): Promise<void> }[] = [];
  try {
    const checkpoint = await checkRun(folder, config, options.resume ?? false);
    const data = await openStemData(config.data);
    if (data.heldOutCount === 0) {
      throw new LoratError(
        "DATA_PHOTOS",
        "a stem needs photographs to learn from, and some to be measured by",
        {
          hint: "give a folder with photographs in photos/ or train/images",
        },
      );
    }
    const teacher = await openTeacher(config.teacher, { ...config, device, threads });
    open.push(teacher);
    await recordRun(folder, config, { data: data.fingerprint, teacher: teacher.fingerprint });
    const step = checkpoint?.progress.step ?? 0;
    const crops = stemCrops(data, "training", {
      ...sizes(config),
      seed: config.seed,
      startStep: step,
      workers,
    });
    open.push(crops);
    const statistics = checkpoint
      ? storedStatistics(checkpoint)
      : await measureTeacher(config, teacher, data);
    const engine = await StemEngine.create(config, {
      weights: checkpoint ? new Map() : await startingStem(config, statistics, data),
      teacher: statistics,
      resume: checkpoint,
      device,
      threads,
    });
    open.push(engine);
    const metrics = new MetricsLog(join(folder, runFiles.metrics));
    await metrics.rewind(step);
    return await loop(config, options, { engine, teacher, crops, data, metrics, statistics });
  } finally {
    await Promise.all(open.map((part) => part.dispose()));
    await unlock();
  }
}

interface Machinery {
  readonly engine: StemEngine;
  readonly teacher: Teacher;
  readonly crops: ReturnType<typeof stemCrops>;
  readonly data: StemData;
  readonly metrics: MetricsLog;
  readonly statistics: TeacherStatistics;
}

async function loop(
  config: StemRunConfig,
  options: TrainStemOptions,
  machinery: Machinery,
): Promise<TrainStemResult> {
  const { engine, teacher, crops, metrics } = machinery;
  const { folder, checkpointSeconds = 180, measureEvery = 250, signal } = options;
  let saved = performance.now();
  const record = (line: RunRecord) => {
    metrics.add(line);
    options.onRecord?.(line);
  };
  const measure = async () => {
    const explained = await engine.explained(heldOutBatches(config, machinery, options.measuredCrops ?? 240));
    record({ kind: "explained", step: engine.step, explained });
    return explained;
  };
  const save = async () => {
    await metrics.flush();
    await writeCheckpoint(
      join(folder, runFiles.checkpoints),
      withStatistics(engine, machinery.statistics),
      2,
    );
    saved = performance.now();
  };
  while (engine.step < config.steps && !signal?.aborted) {
    const began = performance.now();
    const { search: pixels } = await crops.next();
    const update = await engine.update({ pixels, teacher: await teacher.stages(pixels) });
    const seconds = (performance.now() - began) / 1000;
    const line: StemRecord = { kind: "stem", ...update, cropsPerSecond: config.batchSize / seconds };
    record(line);
    options.onStep?.(line);
    if (engine.step % measureEvery === 0 && engine.step < config.steps) await measure();
    if (performance.now() - saved > checkpointSeconds * 1000) await save();
  }
  const explained = await measure();
  await save();
  const file = join(folder, "stem.safetensors");
  await writeStem(file, engine.folded(), { explained: explained.toFixed(4), steps: String(engine.step) });
  return { step: engine.step, finished: engine.step >= config.steps, explained, file };
}

/** The stem before the first update: drawn at random, or the base's with its normalisations measured on training crops. */
async function startingStem(
  config: StemRunConfig,
  statistics: TeacherStatistics,
  data: StemData,
): Promise<Map<string, Tensor<"float32">>> {
  const { base, batchSize, sidePx, seed } = config;
  if (base === undefined) return initialStem(stemTrainable(config), statistics, createRandom(seed));
  const stored = await stemWeights(base, parametersOf(mergedConfig(variantNamed("nano"))));
  const reader = tensorReader();
  const folded = new Map<string, Tensor<"float32">>();
  try {
    for (const [name, tensor] of stored) folded.set(name, await reader.tensor(tensor));
  } finally {
    await reader.dispose();
  }
  const crops = stemCrops(data, "training", { ...sizes(config), seed: seed + 1_000_003, workers: 0 });
  const session = await Session.create(stemMoments(config), { device: "cpu", weights: folded });
  const moments: Record<string, Float32Array> = {};
  try {
    for (let i = 0; i < TALLY_BATCHES; i++) {
      const { search: pixels } = await crops.next();
      const batch = await session.compute({
        [stemInputs.pixels]: float32(pixels, [batchSize, 3, sidePx, sidePx]),
      });
      for (const [name, { data: own }] of Object.entries(batch)) {
        moments[name] ??= new Float32Array(own.length);
        const sums = moments[name];
        for (let c = 0; c < sums.length; c++) sums[c]! += Number(own[c]) / TALLY_BATCHES;
      }
    }
  } finally {
    await Promise.all([session.dispose(), crops.dispose()]);
  }
  return unfoldedStem(folded, moments);
}

/** The teacher's means and deviations over training crops that no update sees. */
async function measureTeacher(
  config: StemRunConfig,
  teacher: Teacher,
  data: StemData,
): Promise<TeacherStatistics> {
  const crops = stemCrops(data, "training", { ...sizes(config), seed: config.seed + 1_000_003, workers: 0 });
  const tally = new TeacherTally();
  try {
    for (let i = 0; i < TALLY_BATCHES; i++) tally.add(await teacher.stages((await crops.next()).search));
  } finally {
    await crops.dispose();
  }
  return tally.statistics();
}

/** The same crops every time. */
async function* heldOutBatches(
  config: StemRunConfig,
  { teacher, data }: Machinery,
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
