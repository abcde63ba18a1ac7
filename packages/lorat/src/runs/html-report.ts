import { chartPage, escapeHtml, htmlTable } from "../report/page.ts";
import { shortNumber } from "../report/series.ts";
import { runCharts } from "./charts.ts";
import type { Run } from "./read-run.ts";
import { runWarnings, summariseRun } from "./summary.ts";

/** Points of a curve in the file: more than a screen shows, few enough that the longest run stays quick to open. */
const points = 4000;

/** Runs as one HTML file: curves, warnings, scores, checkpoints and configurations. */
export function runReport(runs: readonly Run[]): Promise<string> {
  return chartPage({
    title: runs.map(({ name }) => name).join(", "),
    above: `<section>${overview(runs)}</section>${warnings(runs)}`,
    charts: runCharts(runs, { points }),
    below: runs.map(details).join("\n"),
  });
}

function overview(runs: readonly Run[]): string {
  const number = (value: number | undefined) => (value === undefined ? "" : shortNumber(value));
  const rows = runs.map((run) => {
    const one = summariseRun(run);
    return [
      run.name,
      one.config ?? "",
      one.steps === undefined ? String(one.step) : `${one.step} / ${one.steps}`,
      number(one.loss),
      number(one.iou),
      number(one.validationLoss),
      number(one.auc),
      number(one.samplesPerSecond),
      one.lastCheckpoint === undefined ? "" : String(one.lastCheckpoint),
      one.lastWritten?.toISOString().replace("T", " ").slice(0, 19) ?? "",
    ];
  });
  const head = [
    "run",
    "configuration",
    "step",
    "loss",
    "IoU",
    "validation loss",
    "AUC",
    "pairs/s",
    "checkpoint",
    "last record (UTC)",
  ];
  return htmlTable(head, rows);
}

function warnings(runs: readonly Run[]): string {
  const items = runs.flatMap((run) =>
    runWarnings(run).map(
      (warning) => `<li>${runs.length > 1 ? `${escapeHtml(run.name)}: ` : ""}${escapeHtml(warning)}</li>`,
    ),
  );
  return items.length === 0 ? "" : `<section class="warning"><ul>${items.join("")}</ul></section>`;
}

function details(run: Run): string {
  const parts: string[] = [];
  const last = run.tracking.at(-1);
  if (last) {
    const rows = Object.entries(last.sequences).sort(([, a], [, b]) => a - b);
    parts.push(
      `<details><summary>tracked sequences at step ${last.step}</summary>${htmlTable(
        ["sequence", "AUC"],
        rows.map(([name, auc]) => [name, shortNumber(auc)]),
      )}</details>`,
    );
  }
  if (run.checkpoints.length > 0) {
    parts.push(
      `<details><summary>checkpoints</summary>${list(run.checkpoints.map(({ file }) => file))}</details>`,
    );
  }
  if (run.config) {
    parts.push(
      `<details><summary>configuration</summary><pre>${escapeHtml(JSON.stringify(run.config, null, 2))}</pre></details>`,
    );
  }
  return parts.length === 0 ? "" : `<section><h2>${escapeHtml(run.name)}</h2>${parts.join("")}</section>`;
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("")}</ul>`;
}
