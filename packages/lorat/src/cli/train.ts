import { join } from "node:path";
import { Option } from "@commander-js/extra-typings";
import { LoratError } from "@lorat/graph";
import type { Ranks } from "../mpi/ranks.ts";
import type { RunRecord, StepRecord } from "../runs/records.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { usageError } from "./errors.ts";
import { listenForStop } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { mpiOption, mpirunOption, ranksOption, withRanksOfJob } from "./ranks.ts";
import { chosenConfig, presetTable, trainingCommand, whatArgument } from "./train-options.ts";
import { trainStemCommand } from "./train-stem.ts";
import { count, quoted } from "./values.ts";

/** `lorat train`: from data to a model folder, in a run that can be stopped and continued at any time. */
export function trainCommand() {
  return withOptions()
    .addCommand(trainStemCommand())
    .action(async (what, flags) => {
      if (flags.presets) {
        console.log(presetTable());
        return;
      }
      if (flags.out === undefined)
        throw usageError("--out RUN is missing: the folder that the run goes into");
      const { out } = flags;
      await withRanksOfJob(flags, async (ranks) => {
        const choose = () => chosenConfig(what, out, flags);
        // A run's own configuration is read by the first rank; the others need not see its folder.
        const shared = ranks && (what === undefined ? ranks.ofFirst(choose) : ranks.together(choose));
        await runTraining(await (shared ?? choose()), out, flags, ranks);
      });
    });
}

type TrainFlags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return trainingCommand("train")
    .description("train a model; Ctrl-C saves a checkpoint, --resume goes on from it")
    .addArgument(whatArgument())
    .optionsGroup("The run:")
    .option("--presets", "list the presets with their scores and what they need")
    .option("--out <path>", "folder of the run: configuration, metrics, events, checkpoints")
    .option(
      "--resume",
      "go on from the run's last checkpoint; without [what], with the run's own configuration",
    )
    .option(
      "--low-memory",
      "keep frozen weights once, on the CPU, and recompute what is light: a little slower",
    )
    .addOption(
      new Option("--recompute <what>", "what the backward pass computes again to save memory").choices([
        "none",
        "light",
        "blocks",
      ] as const),
    )
    .addOption(ranksOption())
    .addOption(mpirunOption())
    .addOption(mpiOption())
    .addOption(
      new Option("--compress <how>", "gradients between ranks: fp16 sends half the bytes").choices([
        "none",
        "fp16",
      ] as const),
    )
    .option("--keep <number>", "checkpoints kept", count, 3)
    .option("--checkpoint-seconds <number>", "seconds between checkpoints", count, 180)
    .option("--model-out <dir>", "where the finished model goes (default: RUN/model)")
    .option("--force", "with --model-out: replace a model folder that exists");
}

async function runTraining(
  config: RunConfig,
  folder: string,
  flags: TrainFlags,
  ranks: Ranks | undefined,
): Promise<void> {
  const isFirst = ranks?.isFirst ?? true;
  const { train } = await import("../train/train.ts");
  const {
    device,
    resume = false,
    workers,
    threads,
    lowMemory = false,
    recompute,
    keep,
    checkpointSeconds,
    compress,
  } = flags;
  if (flags.modelOut !== undefined) {
    const { checkModelFolder } = await import("../models/convert/output-folder.ts");
    await checkModelFolder(flags.modelOut, { force: flags.force ?? false });
  }
  const progress = createProgress({ label: "training", total: config.steps, unit: "steps" });
  const say = (line: string) => {
    if (!isFirst) return;
    progress.done();
    console.error(line);
  };
  const stop = listenForStop(say);
  const detail = stepDetail();
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    say(
      `${config.name} in ${folder}${ranks ? ` on ${ranks.ranks} ranks` : ""}; lorat runs show ${quoted(folder)} draws its curves`,
    );
  };
  try {
    const { step, finished } = await train(config, {
      ...{ folder, device, resume, workers, threads, lowMemory, recompute, keep, checkpointSeconds },
      signal: stop.signal,
      ranks,
      compression: compress,
      onStep: (record) => {
        begin();
        progress.update(record.step, detail(record));
      },
      onRecord: (record) => {
        const line = recordLine(record);
        if (line !== undefined) say(line);
      },
      onNotice: (message) => say(`note: ${message}`),
    });
    progress.done();
    if (!isFirst) {
      process.exitCode = stop.status();
      return;
    }
    if (!finished) {
      console.log(`stopped and saved after step ${step} of ${config.steps} in ${folder}`);
      console.log(`go on with: lorat train --resume --out ${quoted(folder)}`);
      process.exitCode = stop.status();
    }
    if (finished || flags.modelOut !== undefined) await writeModelFolder(config, folder, step, flags);
  } finally {
    progress.done();
    stop.release();
  }
}

async function writeModelFolder(
  config: RunConfig,
  run: string,
  step: number,
  { modelOut: model = join(run, "model"), ...flags }: Pick<TrainFlags, "modelOut" | "force">,
): Promise<void> {
  // The run's own is its to replace.
  const force = flags.force ?? model === join(run, "model");

  const { exportRun } = await import("../models/export/export.ts");
  try {
    await exportRun(run, config, model, { force });
    console.log(`trained ${step} of ${config.steps} steps; the model is in ${model}`);
  } catch (error) {
    // The network of an ablation: trained all the same, and of use as ONNX.
    if (!(error instanceof LoratError && error.code === "EXPORT_UNSUPPORTED")) throw error;
    console.log(`trained ${step} of ${config.steps} steps; ${error.message}`);
    console.log(
      `lorat runs export ${quoted(run)} --onnx-out FILE writes the network, --trained-out FILE what was trained`,
    );
  }
}

/** What the progress line says of a step: loss and IoU are smoothed over about twenty. */
function stepDetail(): (record: StepRecord) => string {
  const smoothed = { loss: new Smoothed(), iou: new Smoothed() };
  return (record) =>
    [
      `loss ${smoothed.loss.add(record.loss).toFixed(3)}`,
      `IoU ${smoothed.iou.add(record.iou).toFixed(3)}`,
      `norm ${record.gradNorm.toFixed(2)}`,
      `${record.samplesPerSecond.toFixed(0)} pairs/s`,
      `waiting ${(record.waitShare * 100).toFixed(0)}%`,
      ...(record.skippedSteps ? [`skipped ${record.skippedSteps}`] : []),
    ].join("  ");
}

class Smoothed {
  #value: number | undefined;

  add(value: number): number {
    if (Number.isFinite(value))
      this.#value = this.#value === undefined ? value : 0.95 * this.#value + 0.05 * value;
    return this.#value ?? value;
  }
}

/** The records that deserve a line of their own. */
export function recordLine(record: RunRecord): string | undefined {
  switch (record.kind) {
    case "validation":
      return `step ${record.step}: validation loss ${record.loss.toFixed(3)} (BCE ${record.bce.toFixed(3)}, GIoU ${record.giou.toFixed(3)}), IoU ${record.iou.toFixed(3)}`;
    case "tracking":
      return `step ${record.step}: tracking AUC ${(record.auc * 100).toFixed(1)} over ${Object.keys(record.sequences).length} sequences`;
    case "warning":
      return `step ${record.step}: warning: ${record.code}: ${record.message}`;
    default:
      return undefined;
  }
}
