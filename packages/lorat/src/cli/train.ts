import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { Command } from "commander";
import type { Ranks } from "../mpi/ranks.ts";
import type { RunRecord, StepRecord } from "../runs/records.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { usageError } from "./errors.ts";
import { listenForStop } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { withRanksOfJob } from "./ranks.ts";
import { chosenConfig, presetTable, type TrainFlags, withTrainOptions } from "./train-options.ts";
import { trainStemCommand } from "./train-stem.ts";

/** `lorat train`: from data to a model folder, in a run that can be stopped and continued at any time. */
export function trainCommand(): Command {
  const command = new Command("train")
    .description("train a model; Ctrl-C saves a checkpoint, --resume goes on from it")
    .addCommand(trainStemCommand());
  return withTrainOptions(command).action(async (what: string | undefined, flags: TrainFlags) => {
    if (flags.list) {
      console.log(presetTable());
      return;
    }
    if (flags.out === undefined) throw usageError("--out RUN is missing: the folder that the run goes into");
    const out = flags.out;
    await withRanksOfJob(flags, async (ranks) => {
      const choose = () => chosenConfig(what, out, flags);
      // A run's own configuration is read by the first rank; the others need not see its folder.
      const own = what === undefined;
      const config = !ranks
        ? await choose()
        : own
          ? await ranks.ofFirst(choose)
          : await ranks.together(choose);
      await runTraining(config, out, flags, ranks);
    });
  });
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
  if (flags.model !== undefined) {
    const { checkModelFolder } = await import("../models/convert/output-folder.ts");
    await checkModelFolder(flags.model, { force: flags.force ?? false });
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
    if (!isFirst) return;
    if (!finished) {
      console.log(`stopped and saved after step ${step} of ${config.steps} in ${folder}`);
      console.log(`go on with: lorat train --resume --out ${quoted(folder)}`);
      process.exitCode = stop.status();
    }
    if (finished || flags.model !== undefined) await writeModelFolder(config, folder, step, flags);
  } finally {
    progress.done();
    stop.release();
  }
}

async function writeModelFolder(
  config: RunConfig,
  run: string,
  step: number,
  { model = join(run, "model"), ...flags }: Pick<TrainFlags, "model" | "force">,
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
      `lorat runs export ${quoted(run)} --onnx FILE writes the network, --trained FILE what was trained`,
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

function quoted(path: string): string {
  return /^[\w./~+@%-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
