import { Command, Option } from "@commander-js/extra-typings";
import { PROTOCOL_NAMES } from "@lorat/core/metrics";
import { COORDINATE_CHOICES, type CoordinateChoice } from "../evaluate/results/coordinates.ts";
import type { OpenResultsOptions } from "../evaluate/results/open-results.ts";

/** `--protocol`, for every command that scores; all have the same default. */
export function protocolOption() {
  return new Option("--protocol <name>", "conventions of the metric; docs/results.md describes them")
    .choices(PROTOCOL_NAMES)
    .default("toolkit" as const);
}

/** `--split`, for every command that reads one dataset. */
export function splitOption() {
  return new Option("--split <name>", "part of the dataset (default: the one that results are for)");
}

/** A command that scores result files of trackers, with the options that all of them have. */
export function resultCommand(name: string) {
  return new Command(name)
    .addOption(protocolOption())
    .addOption(
      new Option(
        "--coordinates <how>",
        "as-is: x,y,w,h as written; auto: two corners where every row is such",
      )
        .choices(COORDINATE_CHOICES)
        .default("as-is" as const),
    )
    .addOption(
      new Option(
        "--first-pixel <number>",
        "number of the first pixel in the results (default: as in the benchmark's files)",
      ).choices(["0", "1"] as const),
    )
    .option("--allow-missing", "score the sequences that have results")
    .option("--allow-nan", "let the protocol judge boxes with NaN");
}

/** How result files are to be read, as commander reads it. */
interface ResultFlags {
  readonly coordinates: CoordinateChoice;
  readonly firstPixel?: "0" | "1" | undefined;
  readonly allowMissing?: true | undefined;
  readonly allowNan?: true | undefined;
}

/** The same for `openResults`. */
export function resultOptions(flags: ResultFlags): OpenResultsOptions {
  return {
    allowMissing: flags.allowMissing ?? false,
    allowNaN: flags.allowNan ?? false,
    coordinates: flags.coordinates,
    ...(flags.firstPixel !== undefined && { firstPixel: flags.firstPixel === "0" ? 0 : 1 }),
  };
}
