import type { Chart, Series } from "./series.ts";
import { shortNumber, ticks } from "./series.ts";

interface TerminalChartOptions {
  /** Columns of the whole chart, axis included; default: 80. */
  readonly columns?: number;
  /** Rows of the plot, title and axis not counted; default: 10. */
  readonly rows?: number;
  /** ANSI colours; default: false. */
  readonly colour?: boolean;
}

/** Dots of a braille character by column and row, as bits above U+2800. */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

const colours = [36, 33, 35, 32, 31, 34];
const labelWidth = 7;

/** A chart as lines of text, curves in braille dots, two columns and four rows of them to a character. */
export function terminalChart(chart: Chart, options: TerminalChartOptions = {}): string[] {
  const { columns = 80, rows = 10, colour = false } = options;
  const width = Math.max(columns - labelWidth - 2, 8);
  const scale = chart.log ? Math.log10 : (value: number) => value;
  const drawable = chart.series.map(({ label, x, y }) => {
    const shown = x.map((_, i) => i).filter((i) => Number.isFinite(x[i]!) && Number.isFinite(scale(y[i]!)));
    return { label, x: shown.map((i) => x[i]!), y: shown.map((i) => scale(y[i]!)) };
  });
  const title = titleLine(chart, drawable, colour);
  const all = drawable.flatMap(({ y }) => y);
  if (all.length === 0) return [title, `${" ".repeat(labelWidth)} nothing yet`];
  const xs = drawable
    .flatMap(({ x }) => [x[0] ?? Number.NaN, x.at(-1) ?? Number.NaN])
    .filter(Number.isFinite);
  const range = { x: extent(xs), y: padded(extent(all)) };
  const canvas = new Canvas(width, rows);
  for (const [index, series] of drawable.entries()) canvas.draw(series, range, index);
  return [
    title,
    ...withYAxis(canvas.lines(colour), range.y, rows, chart.log ?? false),
    ...xAxis(range.x, width),
  ];
}

interface Range {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** Characters that each hold dots, and the curve that drew there last. */
class Canvas {
  readonly #columns: number;
  readonly #rows: number;
  readonly #cells: Uint8Array;
  readonly #owners: Int8Array;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#cells = new Uint8Array(columns * rows);
    this.#owners = new Int8Array(columns * rows).fill(-1);
  }

  draw({ x, y }: Series, range: Range, owner: number): void {
    const wide = this.#columns * 2 - 1;
    const high = this.#rows * 4 - 1;
    const place = (value: number, [least, most]: readonly [number, number], size: number) =>
      most > least ? Math.round(((value - least) / (most - least)) * size) : Math.round(size / 2);
    let last: readonly [number, number] | undefined;
    for (let i = 0; i < x.length; i++) {
      const point = [place(x[i]!, range.x, wide), high - place(y[i]!, range.y, high)] as const;
      this.#line(last ?? point, point, owner);
      last = point;
    }
  }

  #line([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number], owner: number): void {
    const steps = Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1), 1);
    for (let i = 0; i <= steps; i++) {
      const x = Math.round(x1 + ((x2 - x1) * i) / steps);
      const y = Math.round(y1 + ((y2 - y1) * i) / steps);
      const cell = (y >> 2) * this.#columns + (x >> 1);
      this.#cells[cell]! |= dots[(x & 1) as 0 | 1][(y & 3) as 0 | 1 | 2 | 3];
      this.#owners[cell] = owner;
    }
  }

  lines(colour: boolean): string[] {
    return Array.from({ length: this.#rows }, (_, row) => {
      const start = row * this.#columns;
      const cells = Array.from({ length: this.#columns }, (_, column) => {
        const bits = this.#cells[start + column]!;
        if (bits === 0) return " ";
        return painted(String.fromCharCode(0x2800 + bits), this.#owners[start + column]!, colour);
      });
      return cells.join("").trimEnd();
    });
  }
}

function titleLine({ title, log }: Chart, series: readonly Series[], colour: boolean): string {
  const value = ({ y }: Series) => {
    const last = y.at(-1);
    return last === undefined ? "" : ` ${shortNumber(log ? 10 ** last : last)}`;
  };
  const legend = series.map((one, index) => painted(`${one.label}${value(one)}`, index, colour));
  return `${" ".repeat(labelWidth)} ${title}${log ? " (log)" : ""}:  ${legend.join("   ")}`;
}

function withYAxis(
  lines: readonly string[],
  [least, most]: readonly [number, number],
  rows: number,
  log: boolean,
) {
  const labels = new Map<number, string>();
  const marks = log ? logTicks(least, most) : ticks(least, most, Math.max(2, Math.floor(rows / 3)));
  for (const mark of marks) {
    const row = rows - 1 - Math.round(((mark - least) / (most - least || 1)) * (rows - 1));
    labels.set(row, shortNumber(log ? 10 ** mark : mark));
  }
  return lines.map((line, row) => {
    const label = labels.get(row);
    return `${(label ?? "").padStart(labelWidth)} ${label === undefined ? "│" : "┤"}${line}`;
  });
}

/** Whole powers of ten, or the ends where the range holds fewer than two. */
function logTicks(least: number, most: number): number[] {
  const powers = ticks(Math.ceil(least), Math.floor(most), 4).filter(Number.isInteger);
  return powers.length >= 2 ? powers : [least, most];
}

function xAxis([least, most]: readonly [number, number], width: number): string[] {
  const line = Array<string>(width).fill("─");
  const labels = Array<string>(width + labelWidth).fill(" ");
  let free = 0;
  for (const mark of ticks(least, most, Math.max(2, Math.floor(width / 14)))) {
    const column = most > least ? Math.round(((mark - least) / (most - least)) * (width - 1)) : width >> 1;
    const text = shortNumber(mark);
    const start = Math.max(0, column - (text.length >> 1));
    if (start < free || start + text.length > labels.length) continue;
    line[column] = "┬";
    for (const [i, letter] of [...text].entries()) labels[start + i] = letter;
    free = start + text.length + 1;
  }
  const indent = " ".repeat(labelWidth + 1);
  return [`${indent}└${line.join("")}`, `${indent} ${labels.join("")}`.trimEnd()];
}

function extent(values: readonly number[]): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

/** A flat curve gets a margin above and below. */
function padded([least, most]: readonly [number, number]): [number, number] {
  if (most > least) return [least, most];
  const margin = Math.abs(least) * 0.1 || 1;
  return [least - margin, most + margin];
}

function painted(text: string, index: number, colour: boolean): string {
  return colour ? `\x1b[${colours[index % colours.length]}m${text}\x1b[0m` : text;
}
