import { resolve } from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import type { StemRunConfig } from "../train/stem/stem-config.ts";
import { usageError } from "./errors.ts";
import { listenForStop } from "./interrupt.ts";
import { deviceOption, threadsOption } from "./network-options.ts";
import { createProgress } from "./progress.ts";
import { count, repeated, wholeNumber } from "./values.ts";

/** `lorat train stem`: a convolutional stem learns to give a pretrained network's features. */
export function trainStemCommand() {
  return withOptions().action(runTrainStem);
}

type StemFlags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return new Command("stem")
    .description("train the convolutional stem that nano stands on; Ctrl-C saves, --resume goes on")
    .option("--teacher <file>", "the pretrained network's ONNX file (NanoTrack V3's backbone)")
    .option("--base <model>", "go on from this stem's file, or from a bundled model's stem, as a whole")
    .option("--data <dir>", "folder of training material: photos/, train/, train2/")
    .option("--out <path>", "folder of the run: configuration, metrics, checkpoints, stem.safetensors")
    .option("--resume", "go on from the run's last checkpoint, with the run's own configuration")
    .addOption(
      new Option("--exclude <text>", "leave out what has this text in its path; may be repeated").argParser(
        repeated,
      ),
    )
    .option("--steps <number>", "optimiser steps in all", count)
    .option("--seed <number>", "seed of initialisation and data", wholeNumber)
    .addOption(deviceOption())
    .option("--workers <number>", "threads that prepare batches", wholeNumber, 1)
    .addOption(threadsOption())
    .option("--checkpoint-seconds <number>", "seconds between checkpoints", count, 180);
}

async function runTrainStem(flags: StemFlags): Promise<void> {
  const { out: folder, resume, device, threads, workers, checkpointSeconds } = flags;
  if (folder === undefined) throw usageError("--out RUN is missing: the folder that the run goes into");
  const { trainStem } = await import("../train/stem/train-stem.ts");
  const config = resume ? await ownConfig(folder, flags) : await newConfig(flags);
  const progress = createProgress({ label: "training the stem", total: config.steps, unit: "steps" });
  const say = (line: string) => {
    progress.done();
    console.error(line);
  };
  const stop = listenForStop(say);
  try {
    const result = await trainStem(config, {
      ...{ folder, resume, device, threads, workers, checkpointSeconds },
      signal: stop.signal,
      onStep: ({ step, way, lastStage, cropsPerSecond }) => {
        const how = way === "alone" ? "block by block" : "as a whole";
        progress.update(step, `${how}  error ${lastStage.toFixed(3)}  ${cropsPerSecond.toFixed(0)} crops/s`);
      },
      onRecord: (record) => {
        if (record.kind === "explained") say(explainedLine(record.step, record.explained));
      },
    });
    progress.done();
    if (!result.finished) {
      console.log(`stopped and saved after step ${result.step} of ${config.steps} in ${folder}`);
      console.log(`go on with: lorat train stem --resume --out ${folder}`);
      process.exitCode = stop.status();
      return;
    }
    console.log(
      `the stem is in ${result.file}; it explains ${percent(result.explained)} of the teacher's variance`,
    );
    console.log(`use it with: lorat train nano --stem ${result.file} --data DIR --out RUN`);
  } finally {
    progress.done();
    stop.release();
  }
}

async function newConfig({ teacher, base, data, steps, seed, exclude }: StemFlags): Promise<StemRunConfig> {
  if (teacher === undefined)
    throw usageError("--teacher FILE is missing: the network that the stem learns from");
  if (data === undefined) throw usageError("--data DIR is missing: the folder with photographs and clips");
  const [{ stemConfig }, { dataRoots }, { bundledModels }] = await Promise.all([
    import("../train/stem/stem-config.ts"),
    import("../train/presets/nano.ts"),
    import("../trackers/model/model-path.ts"),
  ]);
  const ownBase = base === undefined || bundledModels.includes(base) ? base : resolve(base);
  const roots = dataRoots(resolve(data), exclude ?? []);
  return stemConfig(resolve(teacher), roots, { steps, seed, base: ownBase });
}

/** The configuration that a run was started with; a teacher given now must be the same. */
async function ownConfig(folder: string, { teacher }: StemFlags): Promise<StemRunConfig> {
  const { recordedStemConfig } = await import("../train/stem/stem-config.ts");
  const own = await recordedStemConfig(folder);
  return { ...own, teacher: teacher === undefined ? own.teacher : resolve(teacher) };
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

function explainedLine(step: number, share: number): string {
  return `step ${step}: explains ${percent(share)} of the teacher's variance on photographs never trained on`;
}
