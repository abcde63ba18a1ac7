import { describe, expect, it } from "vitest";
import { type Box, type Corners, fromCorners } from "../../packages/core/src/geometry/box.ts";
import { rasterise } from "../../packages/core/src/geometry/grid.ts";
import {
  type Curves,
  compatibleOnePass,
  continuousOnePass,
  type Scores,
} from "../../packages/core/src/metrics/index.ts";
import { fixtureJson, maxDifference, toNumber } from "./fixtures.ts";

type Recorded = number | string;

interface RecordedResult {
  success_curve: Recorded[];
  precision_curve: Recorded[];
  norm_precision_curve: Recorded[];
  SUC: Recorded;
  P: Recorded;
  PNorm: Recorded;
  "SR0.5": Recorded;
  "SR0.75": Recorded;
}

interface Sequence {
  index: number;
  absent_encoding: string;
  pred_xyxy: Recorded[][];
  gt_xyxy: Recorded[][];
  visible: boolean[];
  compatible: Record<string, RecordedResult & { frame_overlap: Recorded[] }>;
  continuous: RecordedResult & { AO: Recorded; frame_iou: Recorded[] };
}

interface Fixture {
  sequences: Sequence[];
  dataset_mean_over_sequences: Record<string, { SUC: Recorded; P: Recorded; PNorm: Recorded }>;
  rasterize: { in: Corners[]; out_xyxy: Corners[] };
}

const fixture = fixtureJson<Fixture>("h_ope_metrics");
const boxesOf = (rows: Recorded[][]): Box[] =>
  rows.map((row) => fromCorners(row.map(toNumber) as unknown as Corners));
const sequenceOf = (s: Sequence) => ({
  predicted: boxesOf(s.pred_xyxy),
  truth: boxesOf(s.gt_xyxy),
  visible: s.visible,
});

function expectSame(actual: { curves: Curves; scores: Scores }, expected: RecordedResult): void {
  const { curves, scores } = actual;
  expect(maxDifference(curves.success, expected.success_curve.map(toNumber))).toBeLessThanOrEqual(1e-6);
  expect(maxDifference(curves.precision, expected.precision_curve.map(toNumber))).toBeLessThanOrEqual(1e-6);
  const normalised = expected.norm_precision_curve.map(toNumber);
  expect(maxDifference(curves.normalisedPrecision, normalised)).toBeLessThanOrEqual(1e-6);
  const figures = [scores.auc, scores.precision, scores.normalisedPrecision, scores.sr50, scores.sr75];
  const recorded = [expected.SUC, expected.P, expected.PNorm, expected["SR0.5"], expected["SR0.75"]];
  expect(maxDifference(figures, recorded.map(toNumber))).toBeLessThanOrEqual(1e-6);
}

describe("h: one-pass evaluation", () => {
  for (const sequence of fixture.sequences) {
    for (const [dataset, expected] of Object.entries(sequence.compatible)) {
      it(`sequence ${sequence.index} (${sequence.absent_encoding}) as ${dataset}`, () => {
        const result = compatibleOnePass(sequenceOf(sequence), dataset);
        expectSame(result, expected);
        expect(maxDifference(result.overlaps, expected.frame_overlap.map(toNumber))).toBeLessThanOrEqual(
          1e-6,
        );
      });
    }

    it(`sequence ${sequence.index} (${sequence.absent_encoding}), continuous`, () => {
      const result = continuousOnePass(sequenceOf(sequence));
      expectSame(result, sequence.continuous);
      expect(Math.abs(result.scores.ao - toNumber(sequence.continuous.AO))).toBeLessThanOrEqual(1e-6);
      // The record holds the IoU as computed, before invalid predictions (0 or NaN there) become misses.
      for (const [i, iou] of sequence.continuous.frame_iou.map(toNumber).entries()) {
        const overlap = result.overlaps[i]!;
        if (overlap >= 0) expect(Math.abs(overlap - iou)).toBeLessThanOrEqual(1e-6);
        else expect(iou > 0).toBe(false);
      }
    });
  }

  for (const [dataset, expected] of Object.entries(fixture.dataset_mean_over_sequences)) {
    it(`mean over the sequences as ${dataset}`, () => {
      const results = fixture.sequences.map((s) => compatibleOnePass(sequenceOf(s), dataset));
      const mean = (key: "auc" | "precision" | "normalisedPrecision") =>
        results.reduce((sum, { scores }) => sum + scores[key], 0) / results.length;
      const recorded = [expected.SUC, expected.P, expected.PNorm].map(toNumber);
      const means = [mean("auc"), mean("precision"), mean("normalisedPrecision")];
      expect(maxDifference(means, recorded)).toBeLessThanOrEqual(1e-6);
    });
  }

  it("rasterised boxes", () => {
    expect(fixture.rasterize.in.map(rasterise)).toEqual(fixture.rasterize.out_xyxy);
  });
});
