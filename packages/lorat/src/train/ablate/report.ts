import { chartPage, escapeHtml } from "../../report/page-charts.ts";
import { runCharts } from "../../runs/charts.ts";
import type { Run } from "../../runs/read-run.ts";
import { type AblationResult, summaryCells } from "./summary.ts";

/** Points of a curve on the page. */
const points = 2000;

/** An ablation as one self-contained HTML file: its table, and every row's curves in the same charts. */
export function ablationReport({ ablation, rows }: AblationResult, runs: readonly Run[]): Promise<string> {
  const [head, ...lines] = summaryCells(rows).map((cells) => cells.map((cell) => escapeHtml(cell.trim())));
  const line = (cells: readonly string[], tag: "th" | "td") =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  const table = `<table><thead>${line(head!, "th")}</thead><tbody>${lines.map((cells) => line(cells, "td")).join("")}</tbody></table>`;
  const note =
    "Norms are of the gradient before clipping: medians of the first tenth of the steps, of all and of the last tenth. Loss and IoU are means of the last tenth. The star marks LoRAT as published.";
  return chartPage({
    title: `ablation: ${ablation}`,
    above: `<section>${table}<p>${note}</p></section>`,
    charts: runCharts(runs, { points }),
  });
}
