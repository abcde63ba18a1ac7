import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Box, precisions } from "@lorat/core";
import type { Device } from "@lorat/graph";
import { Command, InvalidArgumentError, Option } from "commander";
import { writeJson } from "../files/pending-file.ts";
import { BENCH_KINDS, type BenchResult, benchTable, runBench } from "../measure/index.ts";
import { usageError } from "./errors.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { DEVICES } from "./network-options.ts";
import { createStages } from "./progress.ts";
import { parseBox } from "./track-options.ts";

interface Flags {
  readonly kind?: string[];
  readonly variants?: string[];
  readonly precision?: string[];
  readonly device: Device;
  readonly batch?: number[];
  readonly threads?: number;
  readonly rounds?: number;
  readonly roundMs?: number;
  readonly clock: "wall" | "cpu";
  readonly quick?: boolean;
  readonly video?: string;
  readonly box?: Box;
  readonly peers?: string;
  readonly nanotrack?: string;
  readonly vittrack?: string;
  readonly json?: string;
}

/** `lorat bench`: times in turns, with ratios formed round by round. */
export function benchCommand(): Command {
  return new Command("bench")
    .description(
      "measure this machine: network, whole videos, training step, crop and more, each beside its peers",
    )
    .option(
      "--kind <kinds>",
      `separated by commas: ${BENCH_KINDS.join(", ")} (the first four when left out)`,
      list,
    )
    .option("--variants <names>", "separated by commas (nano when left out)", list)
    .option("--precision <names>", `separated by commas: ${precisions.join(", ")} (fp32 when left out)`, list)
    .addOption(new Option("--device <device>", "where networks run").choices(DEVICES).default("cpu"))
    .option("--batch <numbers>", "targets at once, separated by commas (1 when left out)", counts)
    .option("--threads <number>", "threads inside an operator, CPU only", count)
    .option("--rounds <number>", "timed rounds (7 when left out)", count)
    .option("--round-ms <number>", "milliseconds of a round for each contender (500 when left out)", count)
    .addOption(
      new Option("--clock <clock>", "which time ratios are formed by: cpu tells something on a busy machine")
        .choices(["wall", "cpu"])
        .default("wall"),
    )
    .option("--quick", "short rounds over small sizes: shows that everything works")
    .option("--video <file>", "end-to-end: track this video instead of a made-up one; needs --box")
    .option("--box <x,y,w,h>", "the object on the video's first frame", parseBox)
    .option("--peers <folder>", "folder of the scripts that measure PyTorch and numpy")
    .option("--nanotrack <folder>", "folder of NanoTrack's ONNX files, to compare with")
    .option("--vittrack <file>", "VitTrack's ONNX file, to compare with")
    .option("--json <path>", "write the result to this file, or under a dated name into this folder")
    .action(async (flags: Flags) => {
      const { kind, precision, batch, video, box, json, ...others } = flags;
      if ((video === undefined) !== (box === undefined)) {
        throw usageError("--video and --box belong together", "--video clip.mp4 --box 120,80,64,48");
      }
      const interruption = listenForInterrupt();
      const progress = createStages();
      try {
        const result = await runBench({
          ...others,
          kinds: kind,
          precisions: precision,
          batches: batch,
          ...(video !== undefined && box && { video: { path: video, box } }),
          signal: interruption.signal,
          onProgress: progress.update,
        });
        progress.done();
        console.log(benchTable(result));
        if (json !== undefined) await save(result, json);
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

function list(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function counts(text: string): number[] {
  return list(text).map(count);
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("a whole number above 0 is needed");
  return value;
}
