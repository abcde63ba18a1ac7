import { PROTOCOL_NAMES, protocolOf } from "@lorat/core/metrics";
import { Command, InvalidArgumentError, Option } from "commander";
import { openAnnotations } from "../datasets/annotations/open-annotations.ts";
import { openResults } from "../evaluate/results/open-results.ts";
import { scoreJson } from "../evaluate/score/score-json.ts";
import { scoreTable } from "../evaluate/score/score-table.ts";
import { scoreTracker } from "../evaluate/score/score-tracker.ts";
import { addResultOptions, type ResultFlags, resultOptions } from "./result-options.ts";

interface ScoreOptions extends ResultFlags {
  dataset: string;
  results: string;
  protocol: string;
  split?: string;
  json?: boolean;
  attributes?: boolean;
  sequences?: boolean;
  seed: number;
}

/** `lorat score`: any tracker's raw results on a benchmark. */
export function scoreCommand(): Command {
  const command = new Command("score")
    .description("score a tracker's result files on a benchmark")
    .requiredOption("--dataset <kind:path>", "annotation: a folder, .tar.gz or .zip, pictures not needed")
    .requiredOption("--results <path>", "result files, one a sequence: a folder, .tar.gz or .zip")
    .addOption(
      new Option("--protocol <name>", "conventions of the metric")
        .choices([...PROTOCOL_NAMES])
        .default("toolkit"),
    )
    .option("--split <name>", "part of the dataset (default: the one that results are for)");
  return addResultOptions(command)
    .option("--attributes", "a line for each attribute")
    .option("--sequences", "a line for each sequence")
    .option("--seed <number>", "of the bootstrap intervals", wholeNumber, 0)
    .option(
      "--json",
      "print an object: suc, p, pNorm, ao, sr50, sr75 in percent, sequences, successCurve, protocol",
    )
    .action(runScore);
}

async function runScore(options: ScoreOptions): Promise<void> {
  const protocol = protocolOf(options.protocol);
  const annotations = await openAnnotations(options.dataset, { split: options.split });
  const results = await openResults(options.results, annotations, resultOptions(options));
  const score = scoreTracker(annotations, results, protocol, { seed: options.seed });
  console.log(options.json ? JSON.stringify(scoreJson(score), null, 2) : scoreTable(score, options));
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
}
