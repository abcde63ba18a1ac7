import { join } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { loadRunConfig } from "../runs/config/load.ts";
import { runFiles } from "../runs/run-config.ts";
import { usageError } from "./errors.ts";

/** `lorat runs export`: the last checkpoint of a run in the forms that others read. */
export function exportCommand() {
  return new Command("export")
    .description("write the last checkpoint of a run as a model folder, a weight file or ONNX")
    .argument("<run>", "folder of a run")
    .option("--model-out <dir>", "a model folder, adapters merged, for lorat track --model")
    .option(
      "--trained-out <file>",
      "what was trained alone, in the reference's format and names (.safetensors)",
    )
    .option("--onnx-out <file>", "the network as ONNX, adapters merged")
    .option("--force", "replace files and model folders that exist")
    .action(async (run, { modelOut: model, trainedOut: trained, onnxOut: onnx, force }) => {
      if (model === undefined && trained === undefined && onnx === undefined) {
        throw usageError("nothing to write", "Give --model-out DIR, --trained-out FILE or --onnx-out FILE.");
      }
      const config = await loadRunConfig(join(run, runFiles.config));
      if (model !== undefined) {
        const { exportRun } = await import("../models/export/export.ts");
        const { step } = await exportRun(run, config, model, { force });
        console.log(`step ${step}: ${model}`);
      }
      if (trained !== undefined) {
        const { exportTrained } = await import("../models/export/export-trained.ts");
        const { step } = await exportTrained(run, config, trained, { force });
        console.log(`step ${step}: ${trained}`);
      }
      if (onnx !== undefined) {
        const { exportOnnx } = await import("../models/export/export-onnx.ts");
        const { step, dataPath } = await exportOnnx(run, config, onnx, { force });
        console.log(`step ${step}: ${onnx}${dataPath ? ` and ${dataPath}` : ""}`);
      }
    });
}
