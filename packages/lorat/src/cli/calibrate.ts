import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { CalibrationResult } from "../models/calibrate/calibrate.ts";
import { DIFFICULTIES } from "../synth/difficulty.ts";
import { createProgress } from "./progress.ts";

interface Flags {
  readonly clips: number;
  readonly sequences?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `lorat calibrate`: makes a model's scores the chance that its boxes are right. */
export function calibrateCommand(): Command {
  return new Command("calibrate")
    .description("make a model's scores the chance that its boxes are right; writes into the model folder")
    .argument("<model>", "name of a model that comes with lorat, or a model folder")
    .option("--clips <number>", "procedural clips of each difficulty, at least 2", clipCount, 5)
    .option("--sequences <dir>", "annotated sequences to measure on as well; the curve is not fitted to them")
    .option("--threads <number>", "threads of the network", positive)
    .option("--json", "print the result as one JSON object")
    .action(async (model: string, { json, ...options }: Flags) => {
      const { calibrate, calibrationFiles } = await import("../models/calibrate/calibrate.ts");
      const total = options.clips * DIFFICULTIES.length;
      const progress = createProgress({ label: "tracking", total, unit: "clips" });
      try {
        const result = await calibrate(model, { ...options, onClip: (done) => progress.update(done) });
        progress.done();
        if (json) console.log(JSON.stringify(result, null, 2));
        else console.log(report(result, join(result.folder, calibrationFiles.diagram)));
      } finally {
        progress.done();
      }
    });
}

function report(
  { model, calibration, presence, procedural, sequences }: CalibrationResult,
  diagram: string,
): string {
  const { slope, offset } = calibration;
  const line = (where: string, { raw, calibrated }: CalibrationResult["procedural"]) =>
    `calibration error on ${raw.samples} frames of ${where}: ${percent(raw.error)} before, ${percent(calibrated.error)} after`;
  return [
    `${model}: chance = sigmoid(${slope.toFixed(3)} logit(score) ${offset < 0 ? "-" : "+"} ${Math.abs(offset).toFixed(3)})`,
    line("procedural clips", procedural),
    `presence = sigmoid(${presence.bias.toFixed(1)} + ${presence.score.toFixed(1)} score + ${presence.likeness.toFixed(1)} likeness), each in units of what is usual`,
    ...(sequences ? [line("the sequences", sequences)] : []),
    diagram,
  ].join("\n");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 1 on.");
  return Number(text);
}

/** The curve is checked on clips that it was not fitted to, so there have to be two. */
function clipCount(text: string): number {
  const value = positive(text);
  if (value < 2) throw new InvalidArgumentError("Expected a whole number from 2 on.");
  return value;
}
