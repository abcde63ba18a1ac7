import type { ScoreCalibration } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import type { ScoreSample } from "./samples.ts";

/** A box is right from this overlap on. */
export const RIGHT_FROM = 0.5;

const STEPS = 100;
/** Keeps the curve finite where scores tell right from wrong without a mistake. */
const RIDGE = 1e-3;

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
  let slope = 1;
  let offset = 0;
  for (let step = 0; step < STEPS; step++) {
    const [g0, g1, h00, h01, h11] = derivatives(usable, slope, offset);
    const determinant = h00 * h11 - h01 * h01;
    const moveSlope = (h11 * g0 - h01 * g1) / determinant;
    const moveOffset = (h00 * g1 - h01 * g0) / determinant;
    const shortened = Math.min(1, 2 / Math.max(Math.abs(moveSlope), Math.abs(moveOffset)));
    slope += shortened * moveSlope;
    offset += shortened * moveOffset;
    if (Math.max(Math.abs(moveSlope), Math.abs(moveOffset)) < 1e-9) break;
  }
  if (slope > 0) return { slope, offset };
  throw new LoratError(
    "CALIBRATION_SAMPLES",
    "higher scores do not go with better boxes: nothing to calibrate",
  );
}

/** Gradient and Hessian of the mean log-likelihood, by slope and offset. */
function derivatives(samples: readonly ScoreSample[], slope: number, offset: number) {
  let g0 = -RIDGE * slope;
  let g1 = -RIDGE * offset;
  let [h00, h01, h11] = [RIDGE, 0, RIDGE];
  for (const { score, overlap } of samples) {
    const x = logit(score);
    const p = 1 / (1 + Math.exp(-(slope * x + offset)));
    const error = ((overlap >= RIGHT_FROM ? 1 : 0) - p) / samples.length;
    const weight = (p * (1 - p)) / samples.length;
    g0 += error * x;
    g1 += error;
    h00 += weight * x * x;
    h01 += weight * x;
    h11 += weight;
  }
  return [g0, g1, h00, h01, h11] as const;
}

function logit(score: number): number {
  const inside = Math.min(Math.max(score, 1e-6), 1 - 1e-6);
  return Math.log(inside / (1 - inside));
}
