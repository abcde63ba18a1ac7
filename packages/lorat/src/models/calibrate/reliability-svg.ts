import { escapeHtml } from "../../report/page.ts";
import type { Reliability } from "./reliability.ts";

const SIDE = 200;
const PAD = { left: 44, top: 34, right: 16, bottom: 42 };
const PANEL = SIDE + PAD.left + PAD.right;

/** Reliability diagrams side by side: share of right boxes against score, the diagonal, and how many frames lie where. */
export function reliabilitySvg(panels: readonly { title: string; reliability: Reliability }[]): string {
  const height = SIDE + PAD.top + PAD.bottom;
  const drawn = panels.map(
    (panel, i) => `<g transform="translate(${i * PANEL + PAD.left} ${PAD.top})">${drawPanel(panel)}</g>`,
  );
  const width = panels.length * PANEL;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" role="img" aria-label="reliability of the score">
<rect width="${width}" height="${height}" fill="#fff"/>
${drawn.join("\n")}
</svg>
`;
}

function drawPanel({ title, reliability }: { title: string; reliability: Reliability }): string {
  const { bins, samples, error } = reliability;
  const most = Math.max(...bins.map(({ count }) => count), 1);
  const bars = bins.map(({ from, to, count }) => {
    const tall = (SIDE * count) / most / 3;
    return `<rect x="${at(from)}" y="${px(SIDE - tall)}" width="${at(to - from)}" height="${px(tall)}" fill="#dde3ea"/>`;
  });
  const shown = bins.filter(({ count }) => count > 0);
  const points = shown.map(({ score, rightShare }) => `${at(score!)},${at(1 - rightShare!)}`);
  const dots = points.map((point) => {
    const [x, y] = point.split(",");
    return `<circle cx="${x}" cy="${y}" r="3" fill="#1f5fa8"/>`;
  });
  const marks = [0, 0.5, 1].map(
    (value) =>
      `<text x="${at(value)}" y="${SIDE + 14}" text-anchor="middle">${value}</text><text x="-6" y="${Number(at(1 - value)) + 4}" text-anchor="end">${value}</text>`,
  );
  return `<text x="0" y="-20" font-weight="bold">${escapeHtml(title)}</text><text x="0" y="-6" fill="#555">${samples} frames, error ${(100 * error).toFixed(1)} %</text>
${bars.join("")}<rect width="${SIDE}" height="${SIDE}" fill="none" stroke="#999"/><line x1="0" y1="${SIDE}" x2="${SIDE}" y2="0" stroke="#999" stroke-dasharray="4 3"/>
<polyline points="${points.join(" ")}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>${dots.join("")}${marks.join("")}
<text x="${SIDE / 2}" y="${SIDE + 32}" text-anchor="middle">score</text><text transform="translate(-30 ${SIDE / 2}) rotate(-90)" text-anchor="middle">overlap of half or more</text>`;
}

function at(share: number): string {
  return px(share * SIDE);
}

function px(value: number): string {
  return value.toFixed(1);
}
