import { join } from "node:path";
import { Argument } from "@commander-js/extra-typings";
import { PUBLISHED_EMBEDDINGS, sourceLine } from "../report/published/index.ts";
import { textTable } from "../report/text-table.ts";
import type { RunConfig } from "../runs/run-config.ts";
import { ABLATIONS, type AblationName, ablationRows } from "../train/ablate/rows.ts";
import { summaryTable } from "../train/ablate/summary.ts";
import { usageError } from "./errors.ts";
import { listenForStop } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { chosenConfig, trainingCommand, whatArgument } from "./train-options.ts";
import { words } from "./values.ts";

/** Steps of a row when none are asked for: enough for norms and losses to part. */
const DEFAULT_STEPS = 400;

/** `lorat ablate`: the paper's ablations, one run for each row and one table and plot of all. */
export function ablateCommand() {
  return withOptions()
    .addHelpText("after", rowsHelp())
    .action(async (ablation, what, flags) => {
      if (flags.published && ablation !== "embeddings") {
        throw usageError(`the poster has no table of ${ablation}`, "lorat ablate embeddings --published");
      }
      if (flags.published && flags.out === undefined && what === undefined) {
        console.log(flags.json ? JSON.stringify(PUBLISHED_EMBEDDINGS, null, 2) : publishedEmbeddings());
        return;
      }
      if (flags.out === undefined)
        throw usageError("--out DIR is missing: the folder that the rows' runs go into");
      const config = await sharedConfig(what, flags.out, flags);
      await run(ablation, config, flags.out, flags);
    });
}

type Flags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return trainingCommand("ablate")
    .description(
      "repeat an ablation of the paper: the same training with one thing changed, a run for each row",
    )
    .addArgument(new Argument("<ablation>", "which one").choices(ABLATIONS))
    .addArgument(whatArgument())
    .optionsGroup("The rows:")
    .option("--out <path>", "folder that gets a run for each row, the table and a page of curves")
    .option("--rows <names>", "rows to run, separated by commas (default: all)", words)
    .option(
      "--keep-head",
      "start from the base's head and token types too (default: all rows draw them anew, alike)",
    )
    .option("--published", "with embeddings: the paper's own rows below ours; alone without --out")
    .option("--json", "print the table as one JSON object");
}

/** The run that all rows share: LoRA on nano over procedural pairs unless told otherwise. */
async function sharedConfig(what: string | undefined, out: string, flags: Flags): Promise<RunConfig> {
  const { steps = what === undefined ? DEFAULT_STEPS : undefined } = flags;
  const chosen = { ...flags, steps };
  const config = await chosenConfig(what ?? "nano-lora", out, chosen);
  const own: RunConfig = flags.keepHead ? config : { ...config, baseParts: "backbone" };
  if (own.validation) return own;
  // Something to compare the rows by: other pairs of the same data, the same for all.
  return { ...own, validation: { everySteps: own.steps, samples: 256, data: own.data } };
}

async function run(ablation: AblationName, config: RunConfig, out: string, flags: Flags): Promise<void> {
  const { runAblation, ablationFiles } = await import("../train/ablate/run-ablation.ts");
  const { device, workers, threads, rows } = flags;
  let progress = createProgress({ label: ablation, total: config.steps, unit: "steps" });
  const say = (line: string) => {
    progress.done();
    console.error(line);
  };
  const stop = listenForStop(say);
  try {
    const result = await runAblation(ablation, config, {
      ...{ out, device, workers },
      threads,
      rows,
      signal: stop.signal,
      onRow: ({ name, title }, position, count) => {
        say(`row ${position + 1} of ${count}: ${title}`);
        progress = createProgress({ label: name, total: config.steps, unit: "steps" });
      },
      onStep: ({ step, loss, iou, gradNorm }) =>
        progress.update(step, `loss ${loss.toFixed(3)}  IoU ${iou.toFixed(3)}  norm ${gradNorm.toFixed(2)}`),
    });
    progress.done();
    const published = flags.published && { published: PUBLISHED_EMBEDDINGS };
    if (flags.json) console.log(JSON.stringify({ ...result, ...published }, null, 2));
    else if (result.rows.length > 0) console.log(summaryTable(result.rows));
    if (!result.finished) {
      console.error(`stopped and saved in ${out}; the same command goes on from there`);
      process.exitCode = stop.status();
    } else if (!flags.json) {
      if (flags.published) console.log(`\n${publishedEmbeddings()}`);
      console.log(`\ncurves of all rows: ${join(out, ablationFiles.report)}`);
    }
  } finally {
    progress.done();
    stop.release();
  }
}

/** The poster's ablation of embeddings as a table, each row with its name here. */
function publishedEmbeddings(): string {
  const mark = (given: boolean) => (given ? "yes" : "no");
  const cells = PUBLISHED_EMBEDDINGS.map((row) => [
    `${row.row} ${row.name}`,
    ...[row.sharedPositions, row.typeEmbedding, row.foreground].map(mark),
    String(row.resolution),
    ...[row.lasot, row.lasot_ext, row.tnl2k].flatMap(({ suc, p }) => [suc.toFixed(1), p.toFixed(1)]),
  ]);
  const figures = ["LaSOT", "LaSOText", "TNL2K"].flatMap((name) => [`${name} SUC`, `${name} P`]);
  const heading = ["LoRAT-L, published", "shared positions", "types", "foreground", "pixels", ...figures];
  return `${textTable([heading, ...cells], ["left", "right"])}\n${sourceLine(["poster"])}`;
}

function rowsHelp(): string {
  const lines = ABLATIONS.flatMap((name) => [
    `  ${name}:`,
    ...ablationRows[name].map(
      (row) => `    ${row.name.padEnd(16)}${row.title}${row.published ? " (published)" : ""}`,
    ),
  ]);
  return `\nRows:\n${lines.join("\n")}\n\nWithout a preset or configuration: LoRA on nano over procedural pairs.`;
}
