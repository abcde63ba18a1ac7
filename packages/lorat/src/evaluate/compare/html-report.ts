import {
  NORMALISED_PRECISION_THRESHOLDS,
  PRECISION_THRESHOLDS,
  successThresholds,
} from "@lorat/core/metrics";
import { BENCHMARKS } from "../../datasets/annotations/benchmark.ts";
import { chartCard, escapeHtml, htmlPage, type PageChart } from "../../report/page.ts";
import { PUBLISHED, publishedSpeed } from "../../report/published/index.ts";
import { percent } from "../score/score-table.ts";
import type { TrackerScore } from "../score/score-tracker.ts";
import { colourOf } from "./colours.ts";
import type { Comparison } from "./comparison.ts";
import { type Failure, findFailures } from "./failures.ts";
import { radarSvg } from "./radar.ts";
import { type SpeedPoint, speedSvg } from "./speed-plot.ts";
import { bestTwo, type ComparisonTable, figuresOf, shown } from "./table.ts";

/** A tracker's score on one dataset, with its place among all trackers. */
interface Placed {
  readonly name: string;
  readonly tracker: number;
  readonly score: TrackerScore;
}

/**
 * A comparison as one self-contained HTML file: the table, and for each dataset success and precision plots with ranked
 * legends, attributes, speed against accuracy, failures with their pictures, and all sequences to sort and filter. Style,
 * script, data and pictures are inline.
 */
export async function comparisonPage(comparison: Comparison, table: ComparisonTable): Promise<string> {
  const charts: PageChart[] = [];
  const sections: string[] = [`<section>${tableHtml(table)}</section>`];
  for (const [dataset, { kind }] of comparison.annotations.entries()) {
    const placed = comparison.trackers.flatMap(({ name, scores }, tracker) => {
      const score = scores[dataset];
      return score ? [{ name, tracker, score }] : [];
    });
    if (placed.length === 0) continue;
    const plots = plotsOf(placed, dataset);
    charts.push(...plots);
    const failures = await findFailures(comparison, dataset);
    sections.push(`<h2 class="dataset">${escapeHtml(BENCHMARKS[kind].title)}</h2>
<main>${plots.map(chartCard).join("")}
${radarOf(placed)}${speedOf(placed, kind)}</main>
${galleryOf(failures)}${sequencesOf(placed, dataset)}`);
  }
  const title = comparison.trackers.map(({ name }) => name).join(", ");
  return htmlPage({ title, charts, body: sections.join("\n"), style: ownStyle });
}

/** What each plot shows. */
const PLOTS = [
  { id: "success", title: "success", xLabel: "overlap threshold", curve: "success", figure: "auc" },
  {
    id: "precision",
    title: "precision",
    xLabel: "centre error, pixels",
    curve: "precision",
    figure: "precision",
  },
  {
    id: "normalised",
    title: "normalised precision",
    xLabel: "centre error, sides of the target",
    curve: "normalisedPrecision",
    figure: "normalisedPrecision",
  },
] as const;

/** Success and precision plots, the best tracker first in each. */
function plotsOf(placed: readonly Placed[], dataset: number): PageChart[] {
  const thresholds = {
    success: successThresholds(placed[0]!.score.conventions.successThresholds),
    precision: PRECISION_THRESHOLDS,
    normalisedPrecision: NORMALISED_PRECISION_THRESHOLDS,
  };
  return PLOTS.map(({ id, title, xLabel, curve, figure }) => ({
    ...{ id: `${id}-${dataset}`, title, xLabel },
    yLabel: "share of frames, %",
    percent: true,
    series: [...placed]
      .sort((a, b) => b.score.overall.scores[figure] - a.score.overall.scores[figure])
      .map(({ name, tracker, score }) => ({
        label: `[${percent(score.overall.scores[figure])}] ${name}`,
        colour: colourOf(tracker),
        x: thresholds[curve],
        y: score.overall.curves[curve].map((share) => 100 * share),
      })),
  }));
}

function radarOf(placed: readonly Placed[]): string {
  const attributes = [...new Set(placed.flatMap(({ score }) => [...score.attributes.keys()]))];
  if (attributes.length < 3) return "";
  const series = placed.map(({ name, tracker, score }) => ({
    label: name,
    tracker,
    values: attributes.map((attribute) => score.attributes.get(attribute)?.scores.auc),
  }));
  return `<section><h2>SUC by attribute</h2>${radarSvg(attributes, series)}${legend(placed)}</section>`;
}

function speedOf(placed: readonly Placed[], kind: keyof typeof BENCHMARKS): string {
  const points: SpeedPoint[] = placed.flatMap(({ name, tracker, score }) =>
    score.framesPerSecond === undefined
      ? []
      : [{ label: name, tracker, framesPerSecond: score.framesPerSecond, score: score.overall.scores.auc }],
  );
  if (points.length === 0) return "";
  const published = PUBLISHED.flatMap((one): SpeedPoint[] => {
    const { name } = one;
    const framesPerSecond = publishedSpeed(name);
    const suc = figuresOf(one, kind)?.suc;
    return framesPerSecond === undefined || suc === undefined
      ? []
      : [{ label: `${name} (published)`, tracker: undefined, framesPerSecond, score: suc / 100 }];
  });
  return `<section><h2>speed against accuracy</h2>${speedSvg([...points, ...published], "SUC, %")}</section>`;
}

function legend(placed: readonly Placed[]): string {
  const items = placed.map(
    ({ name, tracker }) => `<span><i style="background:${colourOf(tracker)}"></i>${escapeHtml(name)}</span>`,
  );
  return `<p class="legend">${items.join("")}</p>`;
}

function galleryOf(failures: readonly Failure[]): string {
  if (failures.length === 0) return "";
  const figures = failures.map(
    ({ tracker, sequence, frame, overlap, image }) =>
      `<figure><img src="${image}" alt="${escapeHtml(`${sequence}, frame ${frame}`)}"><figcaption>${escapeHtml(tracker)}: ${escapeHtml(sequence)}, frame ${frame}, overlap ${Math.max(0, overlap).toFixed(2)}</figcaption></figure>`,
  );
  return `<section><h2>failures: the target in white, the tracker in its colour</h2><div class="gallery">${figures.join("")}</div></section>`;
}

function sequencesOf(placed: readonly Placed[], dataset: number): string {
  const names = [...new Set(placed.flatMap(({ score }) => score.sequences.map(({ name }) => name)))];
  const scores = placed.map(({ score }) => new Map(score.sequences.map((one) => [one.name, one])));
  const rows = names.map((name) => {
    const any = scores.map((own) => own.get(name)).find((one) => one !== undefined)!;
    const cells = scores.map((own) => {
      const one = own.get(name);
      return `<td>${one ? percent(one.scores.auc) : "-"}</td>`;
    });
    return `<tr><td>${escapeHtml(name)}</td><td>${any.length}</td>${cells.join("")}<td>${any.attributes.join(" ")}</td></tr>`;
  });
  const heads = ["sequence", "frames", ...placed.map(({ name }) => `${name} SUC`), "attributes"];
  return `<section><h2>sequences</h2><label>show those with <input id="filter-${dataset}" type="search" placeholder="name or attribute"></label>
<div class="scroll"><table class="sequences" data-filter="filter-${dataset}"><thead><tr>${heads.map((head) => `<th tabindex="0">${escapeHtml(head)}</th>`).join("")}</tr></thead>
<tbody>${rows.join("")}</tbody></table></div></section>`;
}

function tableHtml(table: ComparisonTable): string {
  const best = bestTwo(table);
  const groups = table.groups.map(
    ({ title, figures }) => `<th colspan="${figures.length}">${escapeHtml(title)}</th>`,
  );
  const figures = table.groups.flatMap((group) => group.figures.map((figure) => `<th>${figure}</th>`));
  const rows = table.rows.map(({ name, isPublished, values }) => {
    const cells = values.map((value, column) => {
      const isBest = value !== undefined && Number(shown(value)) === best[column]![0];
      return `<td>${isBest ? `<b>${shown(value)}</b>` : shown(value)}</td>`;
    });
    return `<tr${isPublished ? ' class="published"' : ""}><td>${escapeHtml(name)}</td>${cells.join("")}</tr>`;
  });
  const notes = table.notes.map((note) => `<li>${escapeHtml(note)}</li>`);
  return `<div class="scroll"><table><thead><tr><th></th>${groups.join("")}</tr><tr><th>tracker</th>${figures.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div><ul class="notes">${notes.join("")}</ul>`;
}

const ownStyle = `
h2.dataset { font-size: 18px; margin: 28px 0 0; }
svg { width: 100%; max-width: 560px; height: auto; display: block; margin: 0 auto; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; text-anchor: middle; dominant-baseline: middle; }
svg text.left { text-anchor: start; } svg .faint { fill: var(--faint); }
.ring { fill: none; stroke: var(--line); }
.legend span { margin-right: 16px; white-space: nowrap; } .legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 12px; }
figure { margin: 0; } figure img { width: 100%; border-radius: 4px; } figcaption { font-size: 12px; color: var(--faint); }
.scroll { overflow: auto; max-height: 640px; } .notes { color: var(--faint); font-size: 12px; margin-top: 8px; }
.sequences th { cursor: pointer; position: sticky; top: 0; background: var(--card); } .sequences th[data-order=down]::after { content: " ↓"; } .sequences th[data-order=up]::after { content: " ↑"; }
.published { color: var(--faint); }
`;
