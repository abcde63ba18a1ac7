import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { drawCharts } from "./page-script.ts";
import type { Chart } from "./series.ts";

/** A page of charts, and what stands above and below them. */
interface ChartPage {
  readonly title: string;
  /** HTML, already escaped. */
  readonly above?: string;
  readonly below?: string;
  readonly charts: readonly Chart[];
}

/**
 * One self-contained HTML file: charts that can be zoomed and read point by point, with a slider that smooths the curves.
 * Style, script and data are inline, so that it opens from a disk without a network. Drawn by uPlot.
 */
export async function chartPage({ title, above = "", below = "", charts }: ChartPage): Promise<string> {
  const [script, style] = await uPlotFiles();
  const data = charts.map(({ title, log, series }) => ({ title, log: log ?? false, ...aligned(series) }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}
${pageStyle}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1>
<label>smoothing <input id="smoothing" type="range" min="0" max="0.99" step="0.01" value="0.95"><output>0.95</output></label>
</header>
${above}
<main id="charts"></main>
${below}
<script id="data" type="application/json">${inlineJson(data)}</script>
<script>${inlineScript(script)}</script>
<script>(${drawCharts.toString()})(uPlot)</script>
</body>
</html>
`;
}

/** Text that cannot be taken for markup. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (letter) => names[letter]!);
}

/** uPlot's script and style, to stand in a page. */
export async function uPlotFiles(): Promise<[script: string, style: string]> {
  const require = createRequire(import.meta.url);
  const read = (name: string) => readFile(require.resolve(`uplot/dist/${name}`), "utf8");
  return [await read("uPlot.iife.min.js"), await read("uPlot.min.css")];
}

/** Curves over one common `x`, null where a curve has no point; NaN is null in JSON anyway. */
function aligned(series: Chart["series"]): { labels: string[]; x: number[]; ys: (number | null)[][] } {
  const x = [...new Set(series.flatMap((one) => one.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, index) => [value, index]));
  const ys = series.map((one) => {
    const y = new Array<number | null>(x.length).fill(null);
    for (const [i, value] of one.x.entries())
      y[place.get(value)!] = Number.isFinite(one.y[i]!) ? one.y[i]! : null;
    return y;
  });
  return { labels: series.map(({ label }) => label), x, ys };
}

/** JSON that can stand in a script element. */
export function inlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** A script that can stand in a script element. */
export function inlineScript(text: string): string {
  return text.replaceAll("</script", "<\\/script");
}

/** Colours and layout that all pages share. */
export const pageStyle = `
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
/* The raw curve belongs to the smoothed one, which stands after it. */
.u-legend .u-series:nth-child(even) { display: none; }
summary { cursor: pointer; font-weight: 600; }
`;
