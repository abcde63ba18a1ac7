import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { protocolOf } from "@lorat/core/metrics";
import { describe, expect, it } from "vitest";
import { openAnnotations } from "../../packages/lorat/src/datasets/annotations/open-annotations.ts";
import { openResults } from "../../packages/lorat/src/evaluate/results/open-results.ts";
import { scoreTracker } from "../../packages/lorat/src/evaluate/score/score-tracker.ts";

/** Peers' raw results with the numbers they must give; not part of the project. */
const metrics = fileURLToPath(new URL("../../../shared/data/metrics", import.meta.url));
const kinds: Record<string, string> = { otb100: "otb" };
const TOLERANCE = 0.02;

interface Expected {
  trackers: Record<
    string,
    {
      toolkit_protocol: Record<string, number>;
      visible_only_protocol: Record<string, number>;
      success_curve_toolkit: number[];
      sequences: number;
    }
  >;
}

const benchmarks = existsSync(metrics)
  ? readdirSync(metrics).filter((name) => existsSync(join(metrics, name, "expected.json")))
  : [];
if (benchmarks.length === 0) console.warn("skipped: there are no peers' results in ../shared/data/metrics");

describe.skipIf(benchmarks.length === 0)("published scores from packed raw results", () => {
  for (const benchmark of benchmarks) {
    const folder = join(metrics, benchmark);
    const { trackers } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Expected;
    const perSequence = JSON.parse(
      readFileSync(join(folder, "expected_per_sequence.json"), "utf8"),
    ) as Record<string, Record<string, { frames: number; auc_toolkit: number; auc_visible: number }>>;
    const archive = readdirSync(folder).find((file) => /annos.*\.(tar\.gz|zip)$/.test(file))!;
    for (const [tracker, expected] of Object.entries(trackers)) {
      it(`${benchmark}, ${tracker}`, async () => {
        const dataset = `${kinds[benchmark] ?? benchmark}:${join(folder, archive)}`;
        const annotations = await openAnnotations(dataset);
        const results = await openResults(join(folder, `results_${tracker}.tar.gz`), annotations);
        expect(annotations.sequences).toHaveLength(expected.sequences);
        const table: string[] = [];
        for (const [name, numbers] of [
          ["toolkit", expected.toolkit_protocol],
          ["visible", expected.visible_only_protocol],
        ] as const) {
          const { overall, sequences } = scoreTracker(annotations, results, protocolOf(name));
          const { auc, precision, normalisedPrecision, ao, sr50, sr75 } = overall.scores;
          const reached: Record<string, number> = {
            auc,
            precision_20px: precision,
            "norm_precision_0.2": normalisedPrecision,
            AO: ao,
            "SR0.5": sr50,
            "SR0.75": sr75,
          };
          for (const [figure, value] of Object.entries(numbers)) {
            const percent = 100 * reached[figure]!;
            table.push(`${name} ${figure} ${value} ${percent.toFixed(3)}`);
            expect.soft(Math.abs(percent - value), `${name} ${figure}`).toBeLessThanOrEqual(TOLERANCE);
          }
          for (const one of sequences) {
            const recorded = perSequence[tracker]![one.name]!;
            const value = name === "toolkit" ? recorded.auc_toolkit : recorded.auc_visible;
            expect.soft(one.length, one.name).toBe(recorded.frames);
            expect.soft(Math.abs(100 * one.scores.auc - value), one.name).toBeLessThanOrEqual(TOLERANCE);
          }
          if (name === "toolkit") {
            overall.curves.success.forEach((share, i) => {
              expect.soft(Math.abs(share - expected.success_curve_toolkit[i]!)).toBeLessThanOrEqual(2e-4);
            });
          }
        }
        console.info(`${benchmark} ${tracker}, expected and reached\n${table.join("\n")}`);
      });
    }
  }
});
