import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { variants } from "@lorat/core/model";
import { profileSpeed, profileTraining, speedTable, trainingTable } from "../measure/index.ts";
import { efficiencyOf, sourceLine, trainingOf } from "../report/published/index.ts";
import { usageError } from "./errors.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { deviceOption, precisionOption, threadsOption } from "./network-options.ts";
import { createStages } from "./progress.ts";
import { count, words } from "./values.ts";

/** `lorat profile`: what variants cost to run, and with `--training` to train. */
export function profileCommand() {
  return withOptions().action(runProfile);
}

type Flags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return new Command("profile")
    .description(
      "measure variants: size and frames a second, or with --training LoRA beside full fine-tuning",
    )
    .addOption(
      new Option(
        "--variants <names>",
        `variants to measure, separated by commas, or all: ${[...variants.keys()].join(", ")}`,
      )
        .argParser(names)
        .default(["nano"], "nano"),
    )
    .option("--training", "seconds a step and peak memory of LoRA and of full fine-tuning, AdamW included")
    .addOption(deviceOption())
    .addOption(precisionOption())
    .addOption(threadsOption())
    .option("--batch <pairs>", "with --training: pairs of one pass (default: 2)", count)
    .option("--steps <number>", "with --training: optimiser steps that are timed (default: 5)", count)
    .option(
      "--rounds <number>",
      "timed rounds (default: 5 on a CPU, else 100); with --training: processes of each side, in turns (default: 1)",
      count,
    )
    .option("--published", "the paper's figures beside ours, with their source")
    .option("--json", "print one JSON array");
}

async function runProfile(flags: Flags): Promise<void> {
  if (!flags.training && (flags.batch ?? flags.steps) !== undefined) {
    throw usageError("--batch and --steps belong to --training", "lorat profile --training --variants B-224");
  }
  if (flags.training && flags.precision !== "fp32") {
    throw usageError("--precision is not for --training", "lorat profile --variants B-224 --precision int8");
  }
  const interruption = listenForInterrupt();
  const progress = createStages();
  try {
    const { variants, device, threads, rounds: repeat } = flags;
    const options = {
      variants,
      device,
      signal: interruption.signal,
      onProgress: progress.update,
      threads,
      repeat,
    };
    if (flags.training) {
      const { batch, steps } = flags;
      const rows = await profileTraining({
        ...options,
        batch,
        steps,
      });
      progress.done();
      print(
        rows.map((row) => ({
          ...row,
          ...(flags.published && {
            published: {
              lora: trainingOf(row.variant, "LoRA") ?? null,
              full: trainingOf(row.variant, "full") ?? null,
            },
          }),
        })),
        trainingTable(rows, flags),
        flags,
      );
    } else {
      const rows = await profileSpeed({ ...options, precision: flags.precision });
      progress.done();
      print(
        rows.map((row) => ({
          ...row,
          ...(flags.published && { published: efficiencyOf(row.variant) ?? null }),
        })),
        speedTable(rows, flags),
        flags,
      );
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    console.error("stopped");
    process.exitCode = interruption.status();
  } finally {
    progress.done();
    interruption.release();
  }
}

function print(rows: readonly object[], table: string, { json, published }: Flags): void {
  console.log(json ? JSON.stringify(rows, null, 2) : table);
  if (published && !json) console.log(`\n${sourceLine(["poster"])}`);
}

function names(text: string): string[] {
  const list = text.trim() === "all" ? [...variants.keys()] : words(text);
  const unknown = list.find((name) => !variants.has(name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `there is no variant "${unknown}"; choose from ${[...variants.keys()].join(", ")}`,
    );
  }
  return list;
}
