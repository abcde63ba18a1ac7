import { join } from "node:path";
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import type { CalibrationResult } from "../models/calibrate/calibrate.ts";
import { DIFFICULTIES } from "../synth/difficulty.ts";
import { checkChangeable } from "./changeable.ts";
import { threadsOption } from "./network-options.ts";
import { createProgress } from "./progress.ts";
import { count } from "./values.ts";

/** `lorat calibrate`: makes a model's scores the chance that its boxes are right. */
export function calibrateCommand() {
  return new Command("calibrate")
    .description("make a model's scores the chance that its boxes are right; writes into the model folder")
    .argument("<model>", "a model folder, or with --force the name of a model that comes with lorat")
    .option("--clips <number>", "procedural clips of each difficulty, at least 2", clipCount, 5)
    .option("--check <dir>", "annotated sequences to measure on as well; the curve is not fitted to them")
    .addOption(threadsOption())
    .option("--force", "change a model that comes with lorat")
    .option("--json", "print the result as one JSON object")
    .action(async (model, { json, check: sequences, force, ...options }) => {
      await checkChangeable(model, force);
      const { calibrate, calibrationFiles } = await import("../models/calibrate/calibrate.ts");
      const total = options.clips * DIFFICULTIES.length;
      const progress = createProgress({ label: "tracking", total, unit: "clips" });
      try {
        const onClip = (done: number) => progress.update(done);
        const result = await calibrate(model, { ...options, sequences, onClip });
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

/** The curve is checked on clips that it was not fitted to, so there have to be two. */
function clipCount(text: string): number {
  const value = count(text);
  if (value < 2) throw new InvalidArgumentError("Expected a whole number from 2 on.");
  return value;
}
