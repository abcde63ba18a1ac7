import type { AllScores, GroupScore } from "@lorat/core/metrics";
import { BENCHMARKS } from "../../datasets/annotations/benchmark.ts";
import { FIGURES, type TrackerScore } from "./score-tracker.ts";

const HEADINGS: Record<keyof AllScores, string> = {
  auc: "SUC",
  precision: "P",
  normalisedPrecision: "PNorm",
  ao: "AO",
  sr50: "SR0.5",
  sr75: "SR0.75",
};

interface ScoreTableOptions {
  /** A line for each attribute. */
  readonly attributes?: boolean;
  /** A line for each sequence. */
  readonly sequences?: boolean;
}

/** A score as text: heading with the protocol and its version, figures in percent with their intervals, notes. */
export function scoreTable(score: TrackerScore, { attributes, sequences }: ScoreTableOptions = {}): string {
  const { dataset, protocol, overall } = score;
  const groups: (readonly [string, Pick<GroupScore, "scores">, string])[] = [
    ["all", overall, plural(overall.sequences, "sequence")],
    ...(attributes
      ? [...score.attributes].map(
          ([name, group]) => [name, group, plural(group.sequences, "sequence")] as const,
        )
      : []),
    ...(sequences ? score.sequences.map((one) => [one.name, one, plural(one.length, "frame")] as const) : []),
  ];
  const width = Math.max(10, ...groups.map(([name]) => name.length)) + 2;
  const interval = ([low, high]: readonly [number, number]) => `${percent(low)}-${percent(high)}`;
  return [
    `${score.tracker} on ${BENCHMARKS[dataset.kind].title} (${dataset.name})`,
    `protocol ${protocol.name}, version ${protocol.version}: ${protocol.summary}`,
    "",
    " ".repeat(width) + FIGURES.map((figure) => HEADINGS[figure].padStart(8)).join(""),
    ...groups.map(
      ([name, { scores }, count]) =>
        `${name.padEnd(width)}${FIGURES.map((figure) => percent(scores[figure]).padStart(8)).join("")}   ${count}`,
    ),
    "",
    `95 % intervals over sequences: ${FIGURES.map((figure) => `${HEADINGS[figure]} ${interval(score.intervals[figure])}`).join(", ")}`,
    ...(score.framesPerSecond === undefined ? [] : [`${score.framesPerSecond.toFixed(1)} frames a second`]),
    ...(attributes && score.attributes.size === 0 ? ["the annotation has no attributes"] : []),
    ...score.notes.map((note) => `note: ${note}`),
  ].join("\n");
}

/** `51.43`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? (100 * share).toFixed(2) : "-";
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
