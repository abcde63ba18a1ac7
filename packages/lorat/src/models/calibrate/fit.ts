import type { ScoreCalibration } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { fitLogistic } from "./logistic.ts";
import { RIGHT_FROM } from "./right-box.ts";
import type { ScoreSample } from "./samples.ts";

/**
 * The logistic curve over the score's logit that makes scores the chance of a right box: Platt's calibration, maximum
 * likelihood by Newton's method with a little ridge. Throws `CALIBRATION_SAMPLES` where all boxes are right or all wrong,
 * or the score says nothing of it.
 */
export function fitCalibration(samples: readonly ScoreSample[]): ScoreCalibration {
  const usable = samples.filter(({ score }) => Number.isFinite(score));
  const right = usable.filter(({ overlap }) => overlap >= RIGHT_FROM).length;
  if (right === 0 || right === usable.length) {
    throw new LoratError(
      "CALIBRATION_SAMPLES",
      `a calibration needs right boxes and wrong ones, found ${right} right of ${usable.length}`,
      { hint: "Take more clips." },
    );
  }
  const [slope, offset] = fitLogistic(
    usable.map(({ score, overlap }) => ({ features: [logit(score)], isPositive: overlap >= RIGHT_FROM })),
  ) as [number, number];
  if (slope > 0) return { slope, offset };
  throw new LoratError(
    "CALIBRATION_SAMPLES",
    "higher scores do not go with better boxes: nothing to calibrate",
  );
}

function logit(score: number): number {
  const inside = Math.min(Math.max(score, 1e-6), 1 - 1e-6);
  return Math.log(inside / (1 - inside));
}
