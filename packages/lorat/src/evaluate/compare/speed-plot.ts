import { escapeHtml } from "../../report/page.ts";
import { ticks } from "../../report/series.ts";
import { colourOf } from "./colours.ts";

/** A tracker's place in the plot. */
export interface SpeedPoint {
  readonly label: string;
  readonly framesPerSecond: number;
  /** `[0, 1]`. */
  readonly score: number;
  /** Its place among the scored ones; undefined for a published one. */
  readonly tracker: number | undefined;
}

const [WIDTH, HEIGHT] = [560, 320];
const PAD = { left: 56, right: 120, top: 16, bottom: 44 };

/** Speed against accuracy as SVG: frames a second on a logarithmic axis, the score in percent upwards. */
export function speedSvg(points: readonly SpeedPoint[], figure: string): string {
  const speeds = points.map(({ framesPerSecond }) => Math.log10(framesPerSecond));
  const scores = points.map(({ score }) => 100 * score);
  const range = (values: readonly number[], margin: number) =>
    [Math.min(...values) - margin, Math.max(...values) + margin] as const;
  const [x0, x1] = range(speeds, 0.2);
  const [y0, y1] = range(scores, 2);
  const x = (value: number) => PAD.left + ((value - x0) / (x1 - x0)) * (WIDTH - PAD.left - PAD.right);
  const y = (value: number) =>
    HEIGHT - PAD.bottom - ((value - y0) / (y1 - y0)) * (HEIGHT - PAD.top - PAD.bottom);
  const across = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter(
    (fps) => Math.log10(fps) >= x0 && Math.log10(fps) <= x1,
  );
  const right = WIDTH - PAD.right;
  const bottom = HEIGHT - PAD.bottom;
  const grid = [
    ...across.map((fps) => {
      const at = x(Math.log10(fps)).toFixed(1);
      return `<line class="ring" x1="${at}" x2="${at}" y1="${PAD.top}" y2="${bottom}"/><text class="faint" x="${at}" y="${bottom + 16}">${fps}</text>`;
    }),
    ...ticks(y0, y1, 5).map((value) => {
      const at = y(value).toFixed(1);
      return `<line class="ring" x1="${PAD.left}" x2="${right}" y1="${at}" y2="${at}"/><text class="faint" x="${PAD.left - 18}" y="${at}">${value}</text>`;
    }),
  ];
  const dots = points.map(({ label, tracker }, i) => {
    const [px, py] = [x(speeds[i]!).toFixed(1), y(scores[i]!).toFixed(1)];
    const fill = tracker === undefined ? "none" : colourOf(tracker);
    const stroke = tracker === undefined ? "currentColor" : fill;
    return `<circle cx="${px}" cy="${py}" r="5" fill="${fill}" stroke="${stroke}"/><text class="left" x="${Number(px) + 9}" y="${py}">${escapeHtml(label)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="speed against accuracy">${grid.join("")}${dots.join("")}
<text class="faint" x="${(PAD.left + right) / 2}" y="${HEIGHT - 8}">frames a second</text><text class="faint" x="${PAD.left}" y="10">${escapeHtml(figure)}</text></svg>`;
}
