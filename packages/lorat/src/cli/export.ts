import { Command, Option } from "@commander-js/extra-typings";
import { precisions } from "@lorat/core/model";
import { adapterOption } from "./network-options.ts";
import { count } from "./values.ts";

/** `lorat export`: a model as ONNX, for other programs. */
export function exportCommand() {
  return new Command("export")
    .description("write a model as ONNX of standard operators, for other programs")
    .argument("<model>", "name of a model, or a model folder")
    .requiredOption("--out <path>", "the folder to make: graphs, and export.json, which says how to use them")
    .addOption(
      new Option(
        "--graphs <number>",
        "one graph of template and search, or two: init gives a target's memory, track takes it with each frame",
      )
        .choices(["one", "two"])
        .default("one" as const),
    )
    .option("--batch <pairs>", "targets that one run takes", count, 1)
    .addOption(
      new Option(
        "--precision <precision>",
        "numbers that it computes in; fp16 is for GPUs, int8 for CPUs; inputs and outputs stay fp32",
      )
        .choices(precisions)
        .default("fp32" as const),
    )
    .option("--external", "weights in a file beside each graph; above 1.9 GB they always are")
    .addOption(adapterOption())
    .option("--force", "replace an export that exists")
    .option("--json", "print one JSON object")
    .action(async (name, { out, graphs, batch, precision, external, adapter, force, json }) => {
      const { loadModel } = await import("../trackers/model/load-tracker.ts");
      const { exportModel } = await import("../models/export/export-model.ts");
      const model = await loadModel(name, { adapter });
      const files = await exportModel(model, out, { graphs, batch, precision, external, force });
      if (json) console.log(JSON.stringify({ out, files }, null, 2));
      else for (const file of files) console.log(`${out}/${file}`);
    });
}
