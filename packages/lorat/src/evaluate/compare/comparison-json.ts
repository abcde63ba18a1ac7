import { type ScoreJson, scoreJson } from "../score/score-json.ts";
import type { Comparison } from "./comparison.ts";
import type { ComparisonTable } from "./table.ts";

/** What `lorat compare --json` prints. */
interface ComparisonJson {
  readonly protocol: string;
  readonly protocolVersion: number;
  readonly datasets: readonly string[];
  /** Scores by tracker, then by dataset. */
  readonly trackers: Readonly<Record<string, Readonly<Record<string, ScoreJson>>>>;
  readonly table: ComparisonTable;
}

export function comparisonJson(comparison: Comparison, table: ComparisonTable): ComparisonJson {
  const { protocol, annotations, trackers } = comparison;
  return {
    protocol: protocol.name,
    protocolVersion: protocol.version,
    datasets: annotations.map(({ name }) => name),
    trackers: Object.fromEntries(
      trackers.map(({ name, scores }) => [
        name,
        Object.fromEntries(
          scores.flatMap((score) => (score ? [[score.dataset.name, scoreJson(score)]] : [])),
        ),
      ]),
    ),
    table,
  };
}
