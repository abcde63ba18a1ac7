import { Command } from "@commander-js/extra-typings";
import { modelTable } from "../models/model-table.ts";
import { efficiencyOf, sourceLine } from "../report/published/index.ts";
import { textTable } from "../report/text-table.ts";

/** `lorat models`: sizes of every variant, counted from the graphs that run. */
export function modelsCommand() {
  return new Command("models")
    .description("list the variants with their parameters and multiply-accumulates, counted from the graphs")
    .option("--published", "the paper's figures beside ours, with their source")
    .option("--json", "print one JSON array")
    .action((options) => {
      const rows = modelTable().map((row) => ({
        ...row,
        ...(options.published && { published: efficiencyOf(row.variant) ?? null }),
      }));
      if (options.json) {
        console.log(JSON.stringify(rows, null, 2));
        return;
      }
      const count = (value: number) => value.toLocaleString("en-US");
      const cells = rows.map((row) => [
        row.variant,
        ...[row.trainParams, row.loraParams, row.headParams, row.inferenceParams].map(count),
        row.gmacs.toFixed(2),
        ...(options.published ? publishedSizes(row.variant) : []),
      ]);
      const published = options.published ? ["published: train", "LoRA", "head", "GMACs"] : [];
      const heading = ["variant", "train", "LoRA", "head", "inference", "GMACs", ...published];
      console.log(textTable([heading, ...cells], ["left", "right"]));
      if (options.published) console.log(`\n${sourceLine(["poster"])}`);
    });
}

function publishedSizes(variant: string): string[] {
  const { paramsMillions, loraMillions, headMillions, gmacs } = efficiencyOf(variant) ?? {};
  const millions = [paramsMillions, loraMillions, headMillions];
  return [...millions.map((value) => (value === undefined ? "-" : `${value} M`)), String(gmacs ?? "-")];
}
