import { Command } from "commander";
import { modelTable } from "../models/model-table.ts";
import { efficiencyOf, sourceLine } from "../report/published/index.ts";

/** `lorat models`: sizes of every variant, counted from the graphs that run. */
export function modelsCommand(): Command {
  return new Command("models")
    .description("list the variants with their parameters and multiply-accumulates, counted from the graphs")
    .option("--published", "the paper's parameters (millions) and multiply-accumulates beside them")
    .option("--json", "print an array of objects")
    .action((options: { json?: boolean; published?: boolean }) => {
      const rows = modelTable().map((row) => ({
        ...row,
        ...(options.published && { published: efficiencyOf(row.variant) ?? null }),
      }));
      if (options.json) {
        console.log(JSON.stringify(rows, null, 2));
        return;
      }
      const count = (value: number) => value.toLocaleString("en-US").padStart(15);
      console.log(
        `${"variant".padEnd(8)}${"train".padStart(15)}${"LoRA".padStart(15)}${"head".padStart(15)}${"inference".padStart(15)}${"GMACs".padStart(10)}${options.published ? "   published: all, LoRA, head, GMACs" : ""}`,
      );
      for (const row of rows) {
        console.log(
          `${row.variant.padEnd(8)}${count(row.trainParams)}${count(row.loraParams)}${count(row.headParams)}${count(row.inferenceParams)}${row.gmacs.toFixed(2).padStart(10)}${options.published ? publishedCells(row.variant) : ""}`,
        );
      }
      if (options.published) console.log(`\n${sourceLine(["poster"])}`);
    });
}

function publishedCells(variant: string): string {
  const found = efficiencyOf(variant);
  if (!found) return "   -";
  const { paramsMillions, loraMillions, headMillions, gmacs } = found;
  const millions = (value: number | undefined, width: number) =>
    `${value === undefined ? "-" : `${value} M`}`.padStart(width);
  return `${millions(paramsMillions, 17)}${millions(loraMillions, 6)}${millions(headMillions, 6)}${String(gmacs).padStart(7)}`;
}
