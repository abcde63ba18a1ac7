import { Command } from "commander";
import { modelTable } from "../models/model-table.ts";
import { textTable } from "../report/text-table.ts";

/** `lorat models`: sizes of every variant, counted from the graphs that run. */
export function modelsCommand(): Command {
  return new Command("models")
    .description("list the variants with their parameters and multiply-accumulates, counted from the graphs")
    .option("--json", "print an array of objects")
    .action((options: { json?: boolean }) => {
      const rows = modelTable();
      if (options.json) {
        console.log(JSON.stringify(rows, null, 2));
        return;
      }
      const count = (value: number) => value.toLocaleString("en-US");
      const cells = rows.map((row) => [
        row.variant,
        ...[row.trainParams, row.loraParams, row.headParams, row.inferenceParams].map(count),
        row.gmacs.toFixed(2),
      ]);
      const heading = ["variant", "train", "LoRA", "head", "inference", "GMACs"];
      console.log(textTable([heading, ...cells], ["left", "right"]));
    });
}
