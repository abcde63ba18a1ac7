import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calibratedScore, variantNamed } from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CalibrationResult, calibrationFiles, writeCalibration } from "./calibrate.ts";
import { fitCalibration } from "./fit.ts";
import { fitPresence, type PresenceSample } from "./presence.ts";
import { reliability } from "./reliability.ts";
import { reliabilitySvg } from "./reliability-svg.ts";
import type { ScoreSample } from "./samples.ts";

/** Boxes that are right as often as a curve over their scores says. */
function samplesOf(slope: number, offset: number, count = 4000): ScoreSample[] {
  const random = createRandom(3);
  return Array.from({ length: count }, (_, clip) => {
    const score = random.uniform(0.05, 0.95);
    const right = random.chance(calibratedScore(score, { slope, offset }));
    return { score, overlap: right ? 0.8 : 0.1, clip };
  });
}

describe("fitCalibration", () => {
  it.each([
    [1, 0],
    [3, -2],
    [0.5, 1],
  ])("finds the curve that the samples were drawn from: slope %f, offset %f", (slope, offset) => {
    const found = fitCalibration(samplesOf(slope, offset));
    expect(Math.abs(found.slope - slope)).toBeLessThan(0.15 * slope + 0.1);
    expect(Math.abs(found.offset - offset)).toBeLessThan(0.25);
  });

  it("makes scores chances: the error falls to a few percent", () => {
    const samples = samplesOf(4, -3);
    const curve = fitCalibration(samples);
    const calibrated = samples.map((sample) => ({ ...sample, score: calibratedScore(sample.score, curve) }));
    expect(reliability(samples).error).toBeGreaterThan(0.1);
    expect(reliability(calibrated).error).toBeLessThan(0.03);
  });

  it("stays finite where the score tells right from wrong without a mistake", () => {
    const clear = samplesOf(1, 0).map((sample) => ({ ...sample, overlap: sample.score > 0.6 ? 1 : 0 }));
    const { slope, offset } = fitCalibration(clear);
    expect(Number.isFinite(slope) && Number.isFinite(offset) && slope > 0).toBe(true);
  });

  it.each([
    ["all right", (sample: ScoreSample) => ({ ...sample, overlap: 1 })],
    ["all wrong", (sample: ScoreSample) => ({ ...sample, overlap: 0 })],
    ["the wrong way round", (sample: ScoreSample) => ({ ...sample, overlap: sample.score < 0.5 ? 1 : 0 })],
  ])("refuses samples that are %s", (_, change) => {
    expect(() => fitCalibration(samplesOf(1, 0, 500).map(change))).toThrow(
      expect.objectContaining({ code: "CALIBRATION_SAMPLES" }),
    );
  });
});

describe("fitPresence", () => {
  it("finds the weights that the samples were drawn from", () => {
    const random = createRandom(4);
    const sought = { bias: -9, score: 4, likeness: 6 };
    const samples = Array.from({ length: 6000 }, (): PresenceSample => {
      const evidence = { relativeScore: random.uniform(0, 1.3), relativeLikeness: random.uniform(0, 1.3) };
      const logit =
        sought.bias + sought.score * evidence.relativeScore + sought.likeness * evidence.relativeLikeness;
      return { evidence, overlap: random.chance(1 / (1 + Math.exp(-logit))) ? 0.9 : 0 };
    });
    const found = fitPresence(samples);
    for (const name of ["bias", "score", "likeness"] as const)
      expect(Math.abs(found[name] / sought[name] - 1), name).toBeLessThan(0.15);
    expect(() => fitPresence(samples.map((sample) => ({ ...sample, overlap: 1 })))).toThrow(
      expect.objectContaining({ code: "CALIBRATION_SAMPLES" }),
    );
  });
});

describe("reliability", () => {
  it("counts every sample once, with an error in [0, 1]", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.record({ score: share, overlap: share })), (samples) => {
        const { bins, error } = reliability(samples);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(samples.length);
        expect(error >= 0 && error <= 1).toBe(true);
      }),
    );
  });

  it("is the distance of score and share of right boxes, by hand", () => {
    const samples = [
      { score: 0.9, overlap: 0.7 },
      { score: 0.9, overlap: 0.2 },
      { score: 0.3, overlap: 0 },
    ];
    const { bins, error } = reliability(samples);
    expect(bins[9]).toMatchObject({ count: 2, rightShare: 0.5 });
    expect(bins[9]!.overlap).toBeCloseTo(0.45);
    expect(error).toBeCloseTo((2 * 0.4 + 0.3) / 3);
  });
});

describe("reliabilitySvg", () => {
  it("draws a panel each, with its title escaped", () => {
    const panel = { title: "a < b", reliability: reliability([{ score: 0.55, overlap: 0.6 }]) };
    const svg = reliabilitySvg([panel, panel]);
    expect(svg.match(/<g transform/g)).toHaveLength(2);
    expect(svg).toContain("a &lt; b");
    expect(svg).not.toContain("NaN");
  });
});

describe("writeCalibration", () => {
  const manifest = {
    format: "lorat-model",
    formatVersion: 1,
    kind: "tracker",
    variant: variantNamed("nano"),
    precision: "fp16",
    createdBy: "a test",
    notes: ["kept"],
    ofALaterRelease: true,
  };
  const presence = { bias: -3, score: 2, likeness: 2 };
  const half = reliability([{ score: 0.5, overlap: 0.5 }]);
  const measured = { raw: half, calibrated: half };

  async function inFolder(
    calibration: CalibrationResult["calibration"],
    check: (folder: string) => Promise<void>,
  ) {
    const folder = await mkdtemp(join(tmpdir(), "lorat-"));
    try {
      await writeFile(join(folder, "model.json"), JSON.stringify(manifest));
      const result = { model: "m", folder, calibration, presence, procedural: measured };
      const written = writeCalibration(folder, result);
      await written;
      await check(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it("adds the curve to the manifest and leaves everything else, with diagram and bins beside it", async () => {
    await inFolder({ slope: 2, offset: -1 }, async (folder) => {
      const text = await readFile(join(folder, "model.json"), "utf8");
      expect(JSON.parse(text)).toEqual({ ...manifest, calibration: { slope: 2, offset: -1 }, presence });
      expect(await readFile(join(folder, calibrationFiles.diagram), "utf8")).toContain("<svg");
      const bins = JSON.parse(await readFile(join(folder, calibrationFiles.bins), "utf8"));
      expect(bins.procedural.raw.bins).toHaveLength(10);
    });
  });

  it("refuses a curve that falls", async () => {
    await expect(inFolder({ slope: -2, offset: 0 }, async () => {})).rejects.toMatchObject({
      code: "MODEL_JSON",
    });
  });
});
