import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import { precisions } from "@lorat/core/model";
import { writeJson } from "../files/pending-file.ts";
import { BENCH_KINDS, type BenchResult, benchTable, runBench } from "../measure/index.ts";
import { usageError } from "./errors.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { deviceOption, threadsOption } from "./network-options.ts";
import { createStages } from "./progress.ts";
import { parseBox } from "./track-options.ts";
import { count, counts, words } from "./values.ts";

/** `lorat bench`: times in turns, with ratios formed round by round. */
export function benchCommand() {
  return new Command("bench")
    .description(
      "measure this machine: network, whole videos, training step, crop and more, each beside its peers",
    )
    .option(
      "--kinds <names>",
      `what to measure, separated by commas: ${BENCH_KINDS.join(", ")} (default: the first four)`,
      words,
    )
    .option("--variants <names>", "variants to measure, separated by commas (default: nano)", words)
    .option(
      "--precisions <names>",
      `precisions to measure, separated by commas: ${precisions.join(", ")} (default: fp32)`,
      words,
    )
    .option("--batches <numbers>", "targets at once, separated by commas (default: 1)", counts)
    .addOption(deviceOption().default("cpu" as const))
    .addOption(threadsOption())
    .option("--rounds <number>", "timed rounds (default: 7)", count)
    .option("--round-ms <number>", "milliseconds of a round for each contender (default: 500)", count)
    .addOption(
      new Option("--clock <clock>", "which time ratios are formed by: cpu tells something on a busy machine")
        .choices(["wall", "cpu"])
        .default("wall" as const),
    )
    .option("--quick", "short rounds over small sizes: shows that everything works")
    .option("--clip <file>", "end-to-end: track this video instead of a made-up one; needs --box")
    .option("--box <x,y,w,h>", "the object on the first frame, in pixels", parseBox)
    .option("--peers <dir>", "folder of the scripts that measure PyTorch and numpy")
    .option("--nanotrack <dir>", "folder of NanoTrack's ONNX files, to compare with")
    .option("--vittrack <file>", "VitTrack's ONNX file, to compare with")
    .option("--out <path>", "write the result as JSON: a file, or a folder that gets a dated one")
    .action(async (flags) => {
      const { kinds, precisions: types, batches, clip, box, out, ...others } = flags;
      if ((clip === undefined) !== (box === undefined)) {
        throw usageError("--clip and --box belong together", "--clip clip.mp4 --box 120,80,64,48");
      }
      const interruption = listenForInterrupt();
      const progress = createStages();
      try {
        const result = await runBench({
          ...others,
          ...{ kinds, batches, precisions: types },
          ...(clip !== undefined && box && { video: { path: clip, box } }),
          signal: interruption.signal,
          onProgress: progress.update,
        });
        progress.done();
        console.log(benchTable(result));
        if (out !== undefined) await save(result, out);
      } catch (error) {
        if (!interruption.signal.aborted) throw error;
        console.error("stopped");
        process.exitCode = interruption.status();
      } finally {
        progress.done();
        interruption.release();
      }
    });
}

/** Writes the JSON: to the file, replaced where it exists, or into a folder. */
async function save(result: BenchResult, path: string): Promise<void> {
  const isFolder = path.endsWith("/") || (await stat(path).catch(() => undefined))?.isDirectory();
  const dated = `bench-${result.started.slice(0, 19).replaceAll(":", "-")}.json`;
  const file = isFolder ? join(path, dated) : path;
  await writeJson(file, result, { force: true });
  console.error(`written: ${file}`);
}
