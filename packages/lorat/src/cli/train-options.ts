import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recompute } from "@lorat/core";
import type { Device } from "@lorat/graph";
import { type Command, InvalidArgumentError, Option } from "commander";
import { textTable } from "../report/text-table.ts";
import { isConfigFile, loadRunConfig } from "../runs/config/load.ts";
import { overrideRun } from "../runs/config/overrides.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { runFiles } from "../runs/run-config.ts";
import { presetNamed, presets } from "../train/presets/index.ts";
import type { Compression } from "../train/ranks.ts";
import { usageError } from "./errors.ts";
import { deviceOption, threadsOption } from "./network-options.ts";
import { type RankFlags, rankOptions } from "./ranks.ts";

/** Options of `lorat train` as commander reads them. */
export interface TrainFlags extends RankFlags {
  readonly compress?: Compression;
  readonly list?: boolean;
  readonly out?: string;
  readonly resume?: boolean;
  readonly data?: string;
  readonly dataset: Readonly<Record<string, string>>;
  readonly got10kList?: string;
  readonly base?: string;
  readonly stem?: string;
  readonly steps?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly set: readonly string[];
  readonly device: Device;
  readonly workers: number;
  readonly threads?: number;
  readonly lowMemory?: boolean;
  readonly recompute?: Recompute;
  readonly keep: number;
  readonly checkpointSeconds: number;
  readonly model?: string;
  readonly force?: boolean;
}

/** Adds the options of `lorat train`. */
export function withTrainOptions(command: Command): Command {
  for (const option of rankOptions()) command.addOption(option);
  return command
    .argument("[what]", "a preset (--list shows them), or a configuration in a .ts or .json file")
    .option("--list", "list the presets with their scores and what they need")
    .option("--out <run>", "folder of the run: configuration, metrics, events, checkpoints")
    .option(
      "--resume",
      "go on from the run's last checkpoint; without [what], with the run's own configuration",
    )
    .option(
      "--data <dir>",
      "folder of the datasets: DIR/LaSOT, DIR/TrackingNet, DIR/GOT-10k, DIR/COCO; for nano photos/ and train/",
    )
    .option("--dataset <kind=path>", "where one dataset is; may be repeated", dataset, {})
    .option("--got10k-list <file>", "the GOT-10k sequences that share nothing with VOT, one a line")
    .option("--base <model>", "model folder to start from: a DINOv2 backbone or a tracker")
    .option(
      "--stem <file>",
      "weights of the convolutional stem, as lorat train stem writes them (nano: the bundled model's)",
    )
    .option("--steps <number>", "optimiser steps in all", positive)
    .option("--batch <pairs>", "pairs of one pass; accumulation makes up the batch of an update", positive)
    .option("--seed <number>", "seed of initialisation and data", whole)
    .option("--set <key=value>", "change a key of the configuration; may be repeated", repeated, [])
    .addOption(deviceOption())
    .option("--workers <number>", "threads that prepare batches", whole, 1)
    .addOption(threadsOption())
    .option(
      "--low-memory",
      "keep frozen weights once, on the CPU, and recompute what is light: a little slower",
    )
    .addOption(
      new Option("--recompute <what>", "what the backward pass computes again to save memory").choices([
        "none",
        "light",
        "blocks",
      ]),
    )
    .addOption(
      new Option("--compress <how>", "gradients between ranks: fp16 sends half the bytes").choices([
        "none",
        "fp16",
      ]),
    )
    .option("--keep <number>", "checkpoints kept", positive, 3)
    .option("--checkpoint-seconds <number>", "seconds between checkpoints", positive, 180)
    .option("--model <dir>", "where the finished model goes (RUN/model when left out)")
    .option("--force", "with --model: replace a model folder that exists");
}

/**
 * The configuration that a command line asks for: a preset, a file, or the run's own when it is resumed; then the overrides.
 * Throws `USAGE`, `PRESET_UNKNOWN`, and what presets and configurations throw.
 */
export async function chosenConfig(
  what: string | undefined,
  run: string,
  flags: TrainFlags,
): Promise<RunConfig> {
  const { steps, batch, seed, set } = flags;
  if (what === undefined) {
    if (!flags.resume)
      throw usageError("expected a preset or a configuration file", "lorat train --list shows the presets");
    return overrideRun(await loadRunConfig(await ownConfig(run)), { steps, batch, seed, set });
  }
  if (isConfigFile(what)) return overrideRun(await loadRunConfig(what), { steps, batch, seed, set });
  const { data, dataset: datasets, got10kList, base, stem } = flags;
  const config = presetNamed(what).config({ data, datasets, got10kList, base, stem, steps, seed });
  return overrideRun(config, { batch, set });
}

/** The presets as a table. */
export function presetTable(): string {
  return textTable([
    ["preset", "what it trains", "expected", "needs"],
    ...[...presets.values()].map(({ name, summary, expected, needs }) => [name, summary, expected, needs]),
  ]);
}

/** Where a run keeps its configuration; an error of its own where there is none. */
async function ownConfig(run: string): Promise<string> {
  const path = join(run, runFiles.config);
  await readFile(path).catch(() => {
    throw usageError(`${run} holds no run to resume`, "give a preset or a configuration file to start one");
  });
  return path;
}

function dataset(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError("KIND=PATH is needed, such as lasot=/data/LaSOT");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function repeated(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

export function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("a whole number is needed");
  return value;
}

export function positive(text: string): number {
  if (whole(text) === 0) throw new InvalidArgumentError("a whole number above 0 is needed");
  return Number(text);
}
