import { Command } from "commander";
import { modelTable } from "../models/model-table.ts";

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
      const count = (value: number) => value.toLocaleString("en-US").padStart(15);
      console.log(
        `${"variant".padEnd(8)}${"train".padStart(15)}${"LoRA".padStart(15)}${"head".padStart(15)}${"inference".padStart(15)}${"GMACs".padStart(10)}`,
      );
      for (const row of rows) {
        console.log(
          `${row.variant.padEnd(8)}${count(row.trainParams)}${count(row.loraParams)}${count(row.headParams)}${count(row.inferenceParams)}${row.gmacs.toFixed(2).padStart(10)}`,
        );
      }
    });
}
