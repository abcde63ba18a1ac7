import { type Precision, variants } from "@lorat/core";
import type { Device } from "@lorat/graph";
import { Command, InvalidArgumentError } from "commander";
import { profileSpeed, profileTraining, speedTable, trainingTable } from "../measure/index.ts";
import { efficiencyOf, sourceLine, trainingOf } from "../report/published/index.ts";
import { usageError } from "./errors.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { deviceOption, precisionOption, threadsOption } from "./network-options.ts";
import { createStages } from "./progress.ts";

interface Flags {
  readonly variants: string[];
  readonly training?: boolean;
  readonly device: Device;
  readonly precision: Precision;
  readonly threads?: number;
  readonly batch?: number;
  readonly steps?: number;
  readonly repeat?: number;
  readonly published?: boolean;
  readonly json?: boolean;
}

/** `lorat profile`: what variants cost to run, and with `--training` to train. */
export function profileCommand(): Command {
  return new Command("profile")
    .description(
      "measure variants: size and frames a second, or with --training LoRA beside full fine-tuning",
    )
    .option("--variants <names>", `separated by commas, from ${[...variants.keys()].join(", ")}`, names, [
      ...variants.keys(),
    ])
    .option("--training", "seconds a step and peak memory of LoRA and of full fine-tuning, AdamW included")
    .addOption(deviceOption())
    .addOption(precisionOption())
    .addOption(threadsOption())
    .option("--batch <number>", "with --training: pairs a step (2 when left out)", positive)
    .option("--steps <number>", "with --training: timed steps of each process (5 when left out)", positive)
    .option(
      "--repeat <number>",
      "timed runs (5 on a CPU, 100 elsewhere); with --training: processes of each side, in turns (1)",
      positive,
    )
    .option("--published", "the paper's figures beside ours, with their source")
    .option("--json", "print one JSON array")
    .action(async (flags: Flags) => {
      if (!flags.training && (flags.batch ?? flags.steps) !== undefined) {
        throw usageError(
          "--batch and --steps belong to --training",
          "lorat profile --training --variants B-224",
        );
      }
      if (flags.training && flags.precision !== "fp32") {
        throw usageError(
          "--precision is not for --training",
          "lorat profile --variants B-224 --precision int8",
        );
      }
      const interruption = listenForInterrupt();
      const progress = createStages();
      try {
        const { variants, device, threads, repeat } = flags;
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
    });
}

function print(rows: readonly object[], table: string, { json, published }: Flags): void {
  console.log(json ? JSON.stringify(rows, null, 2) : table);
  if (published && !json) console.log(`\n${sourceLine(["poster"])}`);
}

function names(text: string): string[] {
  const list = text.split(",").map((name) => name.trim());
  const unknown = list.find((name) => !variants.has(name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `there is no variant "${unknown}"; choose from ${[...variants.keys()].join(", ")}`,
    );
  }
  return list;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("a whole number above 0 is needed");
  return value;
}
