import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Device, LoratError } from "@lorat/graph";
import { Command, InvalidArgumentError } from "commander";
import { exportRun } from "../trainer/export.ts";
import type { StepRecord } from "../trainer/metrics-log.ts";
import { nanoPreset } from "../trainer/presets/nano.ts";
import { train } from "../trainer/train.ts";
import { createProgress } from "./progress.ts";

interface Options {
  data?: string;
  out: string;
  steps?: number;
  seed: number;
  device: Device;
  resume?: boolean;
  workers: number;
  keep: number;
  model?: string;
}

/** `lorat train`: from data to a model folder, in a run that can be stopped and continued at any time. */
export function trainCommand(): Command {
  return new Command("train")
    .description("train a model; Ctrl-C saves a checkpoint, --resume goes on from it")
    .argument("<preset>", "what to train: nano")
    .requiredOption("--out <run>", "folder of the run: configuration, metrics, checkpoints")
    .option("--data <folder>", "folder with photos/ and train/; without it, procedural pairs alone")
    .option("--steps <number>", "optimiser steps in all (the preset's own when left out)", whole)
    .option("--seed <number>", "seed of initialisation and data", whole, 1)
    .option("--device <device>", "auto, cpu, webgpu or cuda", "auto")
    .option("--workers <number>", "threads that prepare batches", whole, 1)
    .option("--keep <number>", "checkpoints kept", whole, 3)
    .option("--resume", "go on from the run's last checkpoint")
    .option("--model <folder>", "where the finished model goes (RUN/model when left out)")
    .action(async (preset: string, options: Options) => {
      if (preset !== "nano") {
        throw new LoratError("PRESET_UNKNOWN", `there is no preset "${preset}"`, { hint: "presets: nano" });
      }
      const config = nanoPreset(options);
      await mkdir(options.out, { recursive: true });
      const stop = new AbortController();
      const interrupt = () => stop.abort();
      process.once("SIGINT", interrupt);
      process.once("SIGTERM", interrupt);
      const progress = createProgress({ label: "training", total: config.steps, unit: "steps" });
      try {
        const { step, finished } = await train(config, {
          folder: options.out,
          device: options.device,
          resume: options.resume ?? false,
          workers: options.workers,
          keep: options.keep,
          signal: stop.signal,
          onStep: (record) => progress.update(record.step, describe(record)),
        });
        progress.done();
        const folder = options.model ?? join(options.out, "model");
        await exportRun(options.out, config, folder);
        if (finished) {
          console.log(`trained ${step} steps; the model is in ${folder}`);
        } else {
          console.log(`stopped and saved after step ${step} of ${config.steps}; --resume goes on from there`);
          process.exitCode = 130;
        }
      } finally {
        process.off("SIGINT", interrupt);
        process.off("SIGTERM", interrupt);
      }
    });
}

function describe({ loss, iou, gradNorm, samplesPerSecond, waitShare }: StepRecord): string {
  return `loss ${loss.toFixed(3)}  IoU ${iou.toFixed(3)}  norm ${gradNorm.toFixed(2)}  ${samplesPerSecond.toFixed(0)} pairs/s  waiting ${(waitShare * 100).toFixed(0)}%`;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("a whole number is needed");
  return value;
}
