import type { DelaySummary, ProceduralRow } from "./procedural-report.ts";

/** The rows of a procedural report as a Markdown table; delays in frames as median / 90th percentile (share in time). */
export function proceduralTable(rows: readonly ProceduralRow[]): string {
  const head = [
    "difficulty",
    "tracker",
    "AUC",
    "95 %",
    "lost after (within 5)",
    "found near by after (within 10)",
    "found after (within 10)",
    "falsely lost",
  ];
  const lines = rows.map(({ difficulty, tracker, auc, interval, lost, foundNear, found, falselyLost }) => [
    difficulty,
    tracker,
    percent(auc),
    interval.map(percent).join(" to "),
    delays(lost),
    delays(foundNear),
    delays(found),
    `${percent(falselyLost)} %`,
  ]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function delays({ count, median, p90, inTime }: DelaySummary): string {
  if (count === 0) return "";
  return `${median ?? "never"} / ${p90 ?? "never"} (${percent(inTime)} % of ${count})`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
