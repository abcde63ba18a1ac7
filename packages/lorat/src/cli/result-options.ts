import { type Command, Option } from "commander";
import { COORDINATE_CHOICES, type CoordinateChoice } from "../evaluate/results/coordinates.ts";
import type { OpenResultsOptions } from "../evaluate/results/open-results.ts";

/** How result files are to be read, as commander reads it. */
export interface ResultFlags {
  readonly coordinates: CoordinateChoice;
  readonly firstPixel?: "0" | "1";
  readonly allowMissing?: boolean;
  readonly allowNan?: boolean;
}

/** Adds the options of every command that reads result files of trackers. */
export function addResultOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--coordinates <how>",
        "as-is: x,y,w,h as written; auto: two corners where every row is such",
      )
        .choices([...COORDINATE_CHOICES])
        .default("as-is"),
    )
    .addOption(
      new Option(
        "--first-pixel <number>",
        "number of the first pixel in the results (default: as in the benchmark's files)",
      ).choices(["0", "1"]),
    )
    .option("--allow-missing", "score the sequences that have results")
    .option("--allow-nan", "let the protocol judge boxes with NaN");
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
