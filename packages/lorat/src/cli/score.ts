import { protocolOf } from "@lorat/core/metrics";
import { openAnnotations } from "../datasets/annotations/open-annotations.ts";
import { openResults } from "../evaluate/results/open-results.ts";
import { scoreJson } from "../evaluate/score/score-json.ts";
import { scoreTable } from "../evaluate/score/score-table.ts";
import { scoreTracker } from "../evaluate/score/score-tracker.ts";
import { resultCommand, resultOptions, splitOption } from "./result-options.ts";
import { wholeNumber } from "./values.ts";

/** `lorat score`: any tracker's raw results on a benchmark. */
export function scoreCommand() {
  return resultCommand("score")
    .description("score a tracker's result files on a benchmark")
    .requiredOption("--dataset <kind:path>", "annotation: a folder, .tar.gz or .zip; pictures are not needed")
    .requiredOption("--results <path>", "result files, one for each sequence: a folder, .tar.gz or .zip")
    .addOption(splitOption())
    .option("--per-attribute", "a line for each attribute")
    .option("--per-sequence", "a line for each sequence")
    .option("--seed <number>", "seed of the bootstrap intervals", wholeNumber, 0)
    .option(
      "--json",
      "print one object: suc, p, pNorm, ao, sr50, sr75 in percent, sequences, successCurve, protocol",
    )
    .action(async (options) => {
      const annotations = await openAnnotations(options.dataset, { split: options.split });
      const results = await openResults(options.results, annotations, resultOptions(options));
      const score = scoreTracker(annotations, results, protocolOf(options.protocol), { seed: options.seed });
      const { perAttribute: attributes = false, perSequence: sequences = false } = options;
      console.log(
        options.json
          ? JSON.stringify(scoreJson(score), null, 2)
          : scoreTable(score, { attributes, sequences }),
      );
    });
}
