import { stat } from "node:fs/promises";
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import type { Check, FinetuneResult } from "../train/finetune/finetune.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { deviceOption, modelOption, threadsOption } from "./network-options.ts";
import { createProgress } from "./progress.ts";
import { count, wholeNumber } from "./values.ts";

/** `lorat finetune`: the short road from a few annotated clips to an adapter. */
export function finetuneCommand() {
  return new Command("finetune")
    .description("adapt a model to a few annotated clips; writes an adapter for lorat track --adapter")
    .requiredOption(
      "--dataset <kind:path>",
      "annotated clips; a path alone is a folder of sequences, or of videos with x,y,w,h lines",
    )
    .addOption(modelOption())
    .option("--out <path>", "folder that the adapter goes into", "adapter")
    .option(
      "--validation <kind:path>",
      "clips to check on (default: a part of those of --dataset is held out)",
    )
    .option("--adapter-rank <number>", "rank of the adapter, which decides its size", count, 8)
    .option("--steps <number>", "maximum of optimiser steps", count, 300)
    .option("--batch <pairs>", "pairs of one pass", count, 16)
    .option(
      "--learning-rate <rate>",
      "highest learning rate; higher ones fit the clips better and forget more",
      rate,
      4e-5,
    )
    .option("--patience <checks>", "checks without a better score after which it stops", count, 3)
    .option("--seed <number>", "seed of initialisation and data", wholeNumber, 1)
    .option(
      "--mix-share <share>",
      "share of the pairs that keep what the model knows; 0 for the clips alone",
      share,
      0.5,
    )
    .option(
      "--mix-data <dir>",
      "folder of photos/ and train/ for those pairs; without it they are procedural",
    )
    .addOption(deviceOption())
    .option("--workers <number>", "threads that prepare batches", wholeNumber, 1)
    .addOption(threadsOption())
    .option("--json", "print the result as one JSON object")
    .action(async ({ batch, dataset, adapterRank, ...flags }) => {
      const { finetune } = await import("../train/finetune/finetune.ts");
      const interruption = listenForInterrupt();
      const progress = createProgress({ label: "fine-tuning", total: flags.steps, unit: "steps" });
      try {
        const result = await finetune({
          ...flags,
          clips: dataset,
          rank: adapterRank,
          batchSize: batch,
          signal: interruption.signal,
          onStep: ({ step, loss, iou }) =>
            progress.update(step, `loss ${loss.toFixed(3)}  IoU ${iou.toFixed(3)}`),
          onCheck: (check) => {
            progress.done();
            if (!flags.json) console.error(checkLine(check));
          },
        });
        progress.done();
        if (flags.json) console.log(JSON.stringify(result, null, 2));
        else console.log(await report(result, flags.model));
        if (result.stopped === "interrupted") process.exitCode = interruption.status();
      } finally {
        interruption.release();
      }
    });
}

function checkLine({ step, auc, sequences }: Check): string {
  const own = Object.entries(sequences).map(([name, one]) => `${name} ${percent(one)}`);
  const shown = own.length > 6 ? [...own.slice(0, 6), "…"] : own;
  return `after ${step} steps: AUC ${percent(auc)} on what is held out (${shown.join(", ")})`;
}

async function report(result: FinetuneResult, model: string): Promise<string> {
  const { before, best, adapter, heldOut, stopped, steps } = result;
  const what = { clips: "held-out clips", ends: "the held-out end of each clip", given: "the given clips" }[
    heldOut
  ];
  const why = {
    steps: `all ${steps} steps were taken`,
    patience: `stopped after ${steps} steps: it got no better`,
    interrupted: `stopped by you after ${steps} steps`,
  }[stopped];
  const lines = [`${why}`, `AUC on ${what}: ${percent(before.auc)} before, ${percent(best.auc)} after`];
  if (adapter) {
    const megabytes = (await stat(adapter)).size / 2 ** 20;
    lines.push(
      `adapter of step ${best.step}: ${adapter} (${megabytes.toFixed(1)} MB)`,
      `use it: lorat track VIDEO --box X,Y,W,H --model ${model} --adapter ${adapter}`,
    );
  } else {
    lines.push(
      "no adapter was written: the model itself tracks what is held out best; more clips, or other ones, may help",
    );
  }
  return lines.join("\n");
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1))
    throw new InvalidArgumentError("A number from 0 to below 1 is needed.");
  return value;
}

function rate(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("A number between 0 and 1 is needed.");
  return value;
}
