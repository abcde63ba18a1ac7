import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type PlotData, pageScript } from "./page-script.ts";
import type { Chart } from "./series.ts";

/** A chart with its place in the page. */
export interface PageChart extends Chart {
  readonly id: string;
  readonly series: readonly (Chart["series"][number] & {
    /** Default: by its place. */
    readonly colour?: string;
  })[];
  /** Curves of many points are smoothed, as much as the page's slider says. */
  readonly smooth?: boolean;
  /** Values are percent, and the axis runs from 0 to 100. */
  readonly percent?: boolean;
  /** What `x` is; default: `step`. */
  readonly xLabel?: string;
  readonly yLabel?: string;
}

interface Page {
  readonly title: string;
  /** HTML, already escaped, with the {@link chartCard} of every chart. */
  readonly body: string;
  readonly charts: readonly PageChart[];
  /** Rules beside those that all pages share. */
  readonly style?: string;
}

/**
 * One self-contained HTML file: charts that can be zoomed and read point by point, with a slider where curves are smoothed, and
 * tables of the class `sequences`, which can be sorted and filtered. Style, script and data are inline, so that it opens from a
 * disk without a network. Drawn by uPlot.
 */
export async function htmlPage({ title, body, charts, style = "" }: Page): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  const [plotScript, plotStyle] = await Promise.all(
    ["uPlot.iife.min.js", "uPlot.min.css"].map((name) => readFile(resolve(`uplot/dist/${name}`), "utf8")),
  );
  const data = JSON.stringify(charts.map(plotData)).replaceAll("<", "\\u003c");
  const inline = (script: string) => script.replaceAll("</script", "<\\/script");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${plotStyle}
${pageStyle}${style}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1>${charts.some(({ smooth }) => smooth) ? slider : ""}</header>
${body}
<script id="data" type="application/json">${data}</script>
<script>${inline(plotScript!)}</script>
<script>${inline(pageScript)}</script>
</body>
</html>
`;
}

/** Where a chart is drawn. */
export function chartCard({ id, title, log, smooth }: PageChart): string {
  const kind = smooth ? ' class="smooth"' : "";
  return `<section id="${id}"${kind}><h2>${escapeHtml(title)}${log ? " (log)" : ""}</h2></section>`;
}

/** {@link htmlPage} of charts over the steps of runs, with HTML above and below them. */
export function chartPage(page: {
  readonly title: string;
  readonly above?: string;
  readonly below?: string;
  readonly charts: readonly Chart[];
}): Promise<string> {
  const { title, above = "", below = "" } = page;
  const charts = page.charts.map((chart, i) => ({ ...chart, id: `chart-${i}`, smooth: true }));
  return htmlPage({
    title,
    charts,
    body: `${above}\n<main>${charts.map(chartCard).join("")}</main>\n${below}`,
  });
}

/** A table of texts. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (tag: string, row: readonly string[]) =>
    `<tr>${row.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line("td", row)).join("");
  return `<table><thead>${line("th", head)}</thead><tbody>${body}</tbody></table>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that cannot be taken for markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => entities[letter]!);
}

/** Curves over one common `x`, null where a curve has no point or no number. */
function plotData(chart: PageChart): PlotData {
  const { id, series, log = false, smooth = false, percent = false, xLabel = "step", yLabel } = chart;
  const x = [...new Set(series.flatMap((one) => one.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, index) => [value, index]));
  const curves = series.map(({ label, colour, ...one }) => {
    const y = new Array<number | null>(x.length).fill(null);
    for (const [i, value] of one.x.entries()) {
      if (Number.isFinite(one.y[i])) y[place.get(value)!] = one.y[i]!;
    }
    return { label, colour, y };
  });
  return { id, log, smooth, percent, xLabel, yLabel, x, curves };
}

const slider = `
<label>smoothing <input id="smoothing" type="range" min="0" max="0.99" step="0.01" value="0.95"><output>0.95</output></label>
`;

const pageStyle = `
:root { color-scheme: light dark; --ink: #1c2530; --faint: #6a7685; --line: #d5dbe2; --ground: #fff; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ef; --faint: #93a0ae; --line: #38424e; --ground: #14191f; --card: #1c232b; } }
body { margin: 0 auto; max-width: 1240px; padding: 16px 24px 48px; font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
header { display: flex; flex-wrap: wrap; gap: 8px 32px; align-items: baseline; justify-content: space-between; }
h1 { font-size: 20px; margin: 8px 0; } h2 { font-size: 15px; margin: 0 0 4px; font-weight: 600; }
label { color: var(--faint); } input { vertical-align: middle; width: 160px; margin: 0 8px; } output { display: inline-block; width: 3em; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(540px, 100%), 1fr)); gap: 16px; margin: 16px 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; min-width: 0; overflow-x: auto; }
table { border-collapse: collapse; } th { text-align: left; font-weight: 500; color: var(--faint); padding-right: 24px; } td { padding-right: 24px; font-variant-numeric: tabular-nums; }
pre { margin: 0; overflow-x: auto; font-size: 12px; } ul { margin: 0; padding-left: 20px; } .warning { color: #b4540a; }
@media (prefers-color-scheme: dark) { .warning { color: #f0a35e; } }
body > section { margin-top: 16px; }
.u-legend { font-size: 12px; text-align: left; }
/* A raw curve belongs to the smoothed one after it. */
.smooth .u-legend .u-series:nth-child(even) { display: none; }
summary { cursor: pointer; font-weight: 600; }
`;
