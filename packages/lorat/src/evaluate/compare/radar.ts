import { escapeHtml } from "../../report/page.ts";
import { colourOf } from "./colours.ts";

/** One tracker's values in `[0, 1]` by attribute; undefined where it has none. */
interface RadarSeries {
  readonly label: string;
  /** Its place among all trackers, which its colour follows from. */
  readonly tracker: number;
  readonly values: readonly (number | undefined)[];
}

const SIZE = 460;
const RADIUS = 165;

/**
 * A radar of attributes as SVG. Every axis runs from a little below the worst tracker to the best, as trackers differ by
 * points where attributes differ by tens; the ends of each are written beside its name, in percent.
 */
export function radarSvg(attributes: readonly string[], series: readonly RadarSeries[]): string {
  const middle = SIZE / 2;
  const place = (axis: number, share: number) => {
    const angle = (2 * Math.PI * axis) / attributes.length - Math.PI / 2;
    const at = (value: number) => value.toFixed(1);
    return `${at(middle + Math.cos(angle) * RADIUS * share)},${at(middle + Math.sin(angle) * RADIUS * share)}`;
  };
  const ranges = attributes.map((_, axis) => {
    const values = series.flatMap(({ values: one }) => (one[axis] === undefined ? [] : [one[axis]]));
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const from = Math.max(0, least - Math.max(0.3 * (most - least), 0.02));
    return { from, most };
  });
  const shareOf = (value: number, axis: number) => {
    const { from, most } = ranges[axis]!;
    return most > from ? (value - from) / (most - from) : 1;
  };
  const rings = [0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<polygon class="ring" points="${attributes.map((_, axis) => place(axis, share)).join(" ")}"/>`,
  );
  const labels = attributes.map((name, axis) => {
    const [x, y] = place(axis, 1.18).split(",");
    const { from, most } = ranges[axis]!;
    const ends = `${(100 * from).toFixed(1)}-${(100 * most).toFixed(1)}`;
    return `<line class="ring" x1="${middle}" y1="${middle}" x2="${place(axis, 1).replace(",", '" y2="')}"/>
<text x="${x}" y="${y}">${escapeHtml(name)}<tspan x="${x}" dy="13" class="faint">${ends}</tspan></text>`;
  });
  const shapes = series.map(({ label, tracker, values }) => {
    const points = values.map((value, axis) => place(axis, value === undefined ? 0 : shareOf(value, axis)));
    const colour = colourOf(tracker);
    return `<polygon points="${points.join(" ")}" fill="${colour}" fill-opacity="0.08" stroke="${colour}" stroke-width="2"><title>${escapeHtml(label)}</title></polygon>`;
  });
  return `<svg viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="SUC by attribute">${rings.join("")}${labels.join("")}${shapes.join("")}</svg>`;
}
