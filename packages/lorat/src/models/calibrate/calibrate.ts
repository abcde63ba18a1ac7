import { join } from "node:path";
import type { ScoreCalibration } from "@lorat/core";
import { calibratedScore, type PresenceWeights } from "@lorat/core/model";
import { writeJson, writeWhole } from "../../files/pending-file.ts";
import { loadTracker } from "../../trackers/model/load-tracker.ts";
import { updateManifest } from "../../trackers/model/manifest.ts";
import { modelFolderPath } from "../../trackers/model/model-path.ts";
import { fitCalibration } from "./fit.ts";
import { fitPresence } from "./presence.ts";
import { type Reliability, reliability } from "./reliability.ts";
import { reliabilitySvg } from "./reliability-svg.ts";
import { proceduralSamples, type ScoreSample, sequenceSamples } from "./samples.ts";

/** What a model is calibrated on. */
export interface CalibrateOptions {
  /** Clips of each difficulty; default: 5. */
  readonly clips?: number;
  /** Folder of annotated sequences to measure on as well; the curve is not fitted to them. */
  readonly sequences?: string;
  readonly threads?: number;
  /** Told after each clip how many are done. */
  readonly onClip?: (done: number) => void;
}

/** Files that a calibration leaves in the model folder, beside the manifest's `calibration`. */
export const calibrationFiles = { diagram: "reliability.svg", bins: "reliability.json" } as const;

/** How good the scores are before and after. */
interface BeforeAfter {
  readonly raw: Reliability;
  readonly calibrated: Reliability;
}

/** The curve of a model, and what it changes. */
export interface CalibrationResult {
  readonly model: string;
  readonly folder: string;
  readonly calibration: ScoreCalibration;
  readonly presence: PresenceWeights;
  /** Each half of the clips by the curve that was fitted to the other half. */
  readonly procedural: BeforeAfter;
  readonly sequences?: BeforeAfter;
}

/**
 * Measures how a model's scores go with right boxes on procedural clips, fits the curve that makes them chances, and writes
 * it into the model folder with the reliability diagram, and with the weights by which the tracker tells whether its target is there; each file written beside and renamed. Throws what
 * `loadTracker` throws, `CALIBRATION_SAMPLES`, and `OUTPUT_UNWRITABLE`.
 */
export async function calibrate(model: string, options: CalibrateOptions = {}): Promise<CalibrationResult> {
  const { clips = 5, sequences, threads, onClip } = options;
  const folder = await modelFolderPath(model);
  const tracker = await loadTracker(model, { device: "cpu", threads });
  let result: CalibrationResult;
  try {
    const samples = await proceduralSamples(tracker, clips, onClip);
    const calibration = fitCalibration(samples);
    const presence = fitPresence(
      samples.flatMap(({ evidence, overlap }) => (evidence ? { evidence, overlap } : [])),
    );
    const real = sequences === undefined ? undefined : await sequenceSamples(tracker, sequences);
    result = {
      ...{ model, folder, calibration, presence },
      procedural: beforeAfter(samples, crossFitted(samples)),
      sequences: real && beforeAfter(real, applied(real, calibration)),
    };
  } finally {
    await tracker.dispose();
  }
  await writeCalibration(folder, result);
  return result;
}

/** Puts a curve into a model folder's manifest, whose other fields stay as they are. Throws `MODEL_JSON`. */
export async function writeCalibration(folder: string, result: CalibrationResult): Promise<void> {
  const { calibration, presence, procedural, sequences } = result;
  const bins = { calibration, presence, procedural, sequences };
  await writeWhole(join(folder, calibrationFiles.diagram), diagram(result), { force: true });
  await writeJson(join(folder, calibrationFiles.bins), bins, { force: true });
  await updateManifest(folder, { calibration, presence });
}

function diagram({ procedural, sequences }: CalibrationResult): string {
  const panels = (where: string, { raw, calibrated }: BeforeAfter) => [
    { title: `${where}: network's score`, reliability: raw },
    { title: `${where}: calibrated`, reliability: calibrated },
  ];
  return reliabilitySvg([
    ...panels("procedural clips", procedural),
    ...(sequences ? panels("sequences", sequences) : []),
  ]);
}

function beforeAfter(raw: readonly ScoreSample[], calibrated: readonly ScoreSample[]): BeforeAfter {
  return { raw: reliability(raw), calibrated: reliability(calibrated) };
}

/** Every sample by a curve that its own clip had no part in. */
function crossFitted(samples: readonly ScoreSample[]): ScoreSample[] {
  return [0, 1].flatMap((half) => {
    const inHalf = ({ clip }: ScoreSample) => clip % 2 === half;
    const curve = fitCalibration(samples.filter((sample) => !inHalf(sample)));
    return applied(samples.filter(inHalf), curve);
  });
}

function applied(samples: readonly ScoreSample[], curve: ScoreCalibration): ScoreSample[] {
  return samples.map((sample) => ({ ...sample, score: calibratedScore(sample.score, curve) }));
}
