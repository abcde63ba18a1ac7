import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { textTable } from "../report/text-table.ts";
import { isConfigFile, loadRunConfig } from "../runs/config/load.ts";
import { overrideRun } from "../runs/config/overrides.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { runFiles } from "../runs/run-config.ts";
import { presetNamed, presets } from "../train/presets/index.ts";
import { usageError } from "./errors.ts";
import { deviceOption, threadsOption } from "./network-options.ts";
import { count, repeated, wholeNumber } from "./values.ts";

/** `[what]`: what is trained. */
export function whatArgument() {
  return new Argument(
    "[what]",
    "a preset (lorat train --presets lists them), or a configuration in a .ts or .json file",
  );
}

/** A command that trains, with the options that decide the configuration of a run and what it runs on. */
export function trainingCommand(name: string) {
  return new Command(name)
    .optionsGroup("What is trained:")
    .option(
      "--data <dir>",
      "folder of the datasets: DIR/LaSOT, DIR/TrackingNet, DIR/GOT-10k, DIR/COCO; for nano photos/ and train/",
    )
    .addOption(
      new Option("--dataset <kind:path>", "where one dataset is; may be repeated").argParser(dataset),
    )
    .addOption(
      new Option(
        "--exclude <text>",
        "nano: leave out what has this text in its path; may be repeated",
      ).argParser(repeated),
    )
    .option("--got10k-list <file>", "the GOT-10k sequences that share nothing with VOT, one a line")
    .option("--base <model>", "model folder to start from: a DINOv2 backbone or a tracker")
    .option(
      "--stem <file>",
      "weights of the convolutional stem, as lorat train stem writes them (nano: the bundled model's)",
    )
    .option("--steps <number>", "optimiser steps in all", count)
    .option("--batch <pairs>", "pairs of one pass; accumulation makes up the batch of an update", count)
    .option("--seed <number>", "seed of initialisation and data", wholeNumber)
    .addOption(
      new Option("--set <key=value>", "change a key of the configuration; may be repeated").argParser(
        repeated,
      ),
    )
    .optionsGroup("How it runs:")
    .addOption(deviceOption())
    .option("--workers <number>", "threads that prepare batches", wholeNumber, 1)
    .addOption(threadsOption());
}

/** What {@link chosenConfig} reads of a command line. */
export interface ConfigFlags {
  readonly resume?: boolean | undefined;
  readonly data?: string | undefined;
  readonly dataset?: Readonly<Record<string, string>> | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly got10kList?: string | undefined;
  readonly base?: string | undefined;
  readonly stem?: string | undefined;
  readonly steps?: number | undefined;
  readonly batch?: number | undefined;
  readonly seed?: number | undefined;
  readonly set?: readonly string[] | undefined;
}

/** Presets that read the project's own folders. */
const takesExclude: ReadonlySet<string> = new Set(["nano", "nano-lora"]);

/**
 * The configuration that a command line asks for: a preset, a file, or the run's own when it is resumed; then the overrides.
 * Throws `USAGE`, `PRESET_UNKNOWN`, and what presets and configurations throw.
 */
export async function chosenConfig(
  what: string | undefined,
  run: string,
  flags: ConfigFlags,
): Promise<RunConfig> {
  const { steps, batch, seed, set = [], exclude = [] } = flags;
  if (exclude.length > 0 && !(what !== undefined && takesExclude.has(what))) {
    throw usageError(
      "--exclude goes with the presets nano and nano-lora",
      "a configuration file says it as data.roots.exclude",
    );
  }
  if (what === undefined) {
    if (!flags.resume)
      throw usageError(
        "expected a preset or a configuration file",
        "lorat train --presets lists the presets",
      );
    return overrideRun(await loadRunConfig(await ownConfig(run)), { steps, batch, seed, set });
  }
  if (isConfigFile(what)) return overrideRun(await loadRunConfig(what), { steps, batch, seed, set });
  const { data, dataset: datasets = {}, got10kList, base, stem } = flags;
  const config = presetNamed(what).config({ data, exclude, datasets, got10kList, base, stem, steps, seed });
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

function dataset(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const at = text.indexOf(":");
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError("KIND:PATH is needed, such as lasot:/data/LaSOT");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
