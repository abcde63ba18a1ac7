import { Command, Option } from "@commander-js/extra-typings";
import { variants } from "@lorat/core/model";
import { type ConvertResult, convertModel, sessionProduct } from "../models/convert/index.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { createProgress, type Progress } from "./progress.ts";

/** `lorat convert`: DINOv2's and LoRAT's files into a model folder. */
export function convertCommand() {
  return new Command("convert")
    .description("turn DINOv2 and LoRAT weight files into a model folder that --model takes")
    .argument(
      "<file...>",
      "DINOv2 .pth, LoRAT .bin or .safetensors; a file of trained tensors alone needs the DINOv2 one beside it",
    )
    .requiredOption("--out <path>", "the model folder to make")
    .addOption(
      new Option(
        "--variant <name>",
        "the variant, where the files do not show it (224 or 378 pixels)",
      ).choices([...variants.keys()]),
    )
    .addOption(
      new Option("--storage <type>", "numbers that matrices and tables are stored in; vectors stay fp32")
        .choices(["fp32", "fp16"])
        .default("fp32" as const),
    )
    .option("--force", "replace a model folder that exists")
    .option("--json", "print one JSON object")
    .action(async (files, flags) => {
      let progress: Progress | undefined;
      const { matmul, dispose } = sessionProduct();
      const interruption = listenForInterrupt();
      try {
        const result = await convertModel({
          files,
          outDir: flags.out,
          variant: flags.variant,
          precision: flags.storage,
          force: flags.force,
          matmul,
          signal: interruption.signal,
          onProgress(done, total) {
            progress ??= createProgress({ label: "writing", total: Math.ceil(total / 1e6), unit: "MB" });
            progress.update(Math.ceil(done / 1e6));
          },
        });
        progress?.done();
        console.log(flags.json ? JSON.stringify(summary(result), null, 2) : report(result));
      } catch (error) {
        if (!interruption.signal.aborted) throw error;
        console.error("stopped, nothing was written");
        process.exitCode = interruption.status();
      } finally {
        interruption.release();
        progress?.done();
        await dispose();
      }
    });
}

function summary({ outDir, manifest, bytes }: ConvertResult) {
  const { kind, variant, precision, sources, notes } = manifest;
  return { out: outDir, kind, variant: variant.name, precision, bytes, sources, notes };
}

function report({ outDir, manifest, bytes }: ConvertResult): string {
  const { kind, variant, precision, sources, notes } = manifest;
  const lines = [
    ...sources.map(({ file, kind: what }) => `read     ${file} (${what})`),
    `wrote    ${outDir}: ${kind} ${variant.name}, ${precision}, ${(bytes / 1e6).toFixed(1)} MB`,
    ...notes.map((note) => `note     ${note}`),
  ];
  return lines.join("\n");
}
