import type uPlot from "uplot";

/** A chart as the page's script finds it, over one common `x`; null where a curve has no point. */
export interface PlotData {
  /** Of the element that it is drawn into. */
  readonly id: string;
  readonly log: boolean;
  /** Curves of many points are drawn pale, with a smoothed one before them; their charts share a cursor. */
  readonly smooth: boolean;
  /** Values are percent, and the axis runs from 0 to 100. */
  readonly percent: boolean;
  readonly xLabel: string;
  readonly yLabel?: string;
  readonly x: readonly number[];
  readonly curves: readonly {
    readonly label: string;
    /** Default: by its place. */
    readonly colour?: string;
    readonly y: readonly (number | null)[];
  }[];
}

type Values = readonly (number | null)[];

/** The whole of the page's program: draws the charts, and makes the slider and the tables work. */
function runPage(Plot: typeof uPlot): void {
  const charts = JSON.parse(document.getElementById("data")!.textContent!) as PlotData[];
  const redraws = charts.map((chart) => drawChart(Plot, chart));
  const slider = document.querySelector<HTMLInputElement>("#smoothing");
  slider?.addEventListener("input", () => {
    document.querySelector("output")!.textContent = Number(slider.value).toFixed(2);
    for (const redraw of redraws) redraw(Number(slider.value));
  });
  for (const table of Array.from(document.querySelectorAll<HTMLTableElement>("table.sequences"))) {
    sortByHeads(table);
    filterRows(table);
  }
}

/** Draws a chart, and gives what draws it again with other smoothing. Every recorded point stays in the page. */
function drawChart(Plot: typeof uPlot, chart: PlotData): (smoothing: number) => void {
  const { id, log, smooth, percent, xLabel, yLabel, x, curves } = chart;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const colours = dark
    ? ["#4cb3e6", "#f0a35e", "#6fcf97", "#e07bb0", "#c3a6ff", "#e8d44d"]
    : ["#0b6bab", "#c8590a", "#1f8a4c", "#b03a78", "#6a45c4", "#8a7a00"];
  const grid = { stroke: dark ? "#2a333d" : "#e3e8ed", width: 1 };
  const font = "12px system-ui";
  const axis = { stroke: dark ? "#93a0ae" : "#6a7685", grid, ticks: grid, font, labelFont: font };
  const card = document.getElementById(id)!;
  const size = () => ({ width: Math.max(280, card.clientWidth - 32), height: 260 });
  // Curves of a few points are drawn as they are, with dots.
  const isDense = curves.map(({ y }) => smooth && y.filter((value) => value !== null).length > 200);
  const drawable = curves.map(({ y }) => (log ? y.map((v) => (v !== null && v > 0 ? v : null)) : y));
  const data = (smoothing: number) =>
    [
      x,
      ...drawable.flatMap((y, i) => (smooth ? [y, isDense[i] ? smoothed(y, smoothing) : y] : [y])),
    ] as unknown as uPlot.AlignedData;
  const shown = (value: number | null) => (percent ? percentText(value) : shortText(value));
  const series = curves.flatMap(({ label, colour }, i): uPlot.Series[] => {
    const stroke = colour ?? colours[i % colours.length]!;
    const raw = { label: `${label}, raw`, stroke: `${stroke}40`, width: 1, show: isDense[i], spanGaps: true };
    const line: uPlot.Series = {
      ...{ label, stroke, width: 2, spanGaps: smooth },
      points: { show: smooth && !isDense[i], size: 5, fill: stroke },
      value: (_, value) => shown(value),
    };
    return smooth ? [{ ...raw, points: { show: false } }, line] : [line];
  });
  const plot = new Plot(
    {
      ...size(),
      cursor: smooth ? { sync: { key: "steps" }, drag: { x: true, y: false } } : {},
      hooks: {
        setSeries: [
          (drawn, index, { show }) => {
            // A raw curve comes and goes with the smoothed one, which is after it.
            const isSmoothed = smooth && index !== null && index > 0 && index % 2 === 0;
            if (isSmoothed && show !== undefined && isDense[index / 2 - 1])
              drawn.setSeries(index - 1, { show });
          },
        ],
      },
      scales: { x: { time: false }, y: log ? { distr: 3 } : percent ? { range: [0, 100] } : {} },
      axes: [
        { ...axis, ...(yLabel ? { label: xLabel } : {}) },
        {
          ...axis,
          size: 64,
          values: (_, splits) => splits.map(shortText),
          ...(yLabel ? { label: yLabel } : {}),
        },
      ],
      series: [{ label: xLabel, value: (_, value) => (value === null ? "" : String(value)) }, ...series],
    },
    data(Number(document.querySelector<HTMLInputElement>("#smoothing")?.value)),
    card,
  );
  addEventListener("resize", () => plot.setSize(size()));
  return (smoothing) => plot.setData(data(smoothing));
}

/** An exponential moving average that starts at the first value; see `smooth` of `series.ts`. */
function smoothed(values: Values, share: number): Values {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = sum * share + value * (1 - share);
    weight = weight * share + (1 - share);
    return sum / weight;
  });
}

function percentText(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : `${value.toFixed(1)} %`;
}

function shortText(value: number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (Math.abs(value) > 0 && Math.abs(value) < 1e-3) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** A click on a column's head sorts the rows by it, the next click the other way round. */
function sortByHeads(table: HTMLTableElement): void {
  const body = table.querySelector("tbody")!;
  const heads = Array.from(table.querySelectorAll("th"));
  heads.forEach((head, column) => {
    const text = (row: Element) => row.children[column]!.textContent ?? "";
    head.addEventListener("click", () => {
      const down = head.dataset.order !== "down";
      for (const other of heads) other.dataset.order = "";
      head.dataset.order = down ? "down" : "up";
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (a: Element, b: Element) => {
        const [left, right] = [text(a), text(b)];
        const [x, y] = [Number.parseFloat(left), Number.parseFloat(right)];
        const isText = column === 0 || (Number.isNaN(x) && Number.isNaN(y));
        // What has no number comes last, whichever the order.
        if (!isText && Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
        const sign = isText ? left.localeCompare(right, "en", { numeric: true }) : x - y;
        return down ? -sign : sign;
      };
      body.append(...Array.from(body.children).sort(order));
    });
  });
}

/** Shows the rows that have every word of the table's text field. */
function filterRows(table: HTMLTableElement): void {
  const filter = document.getElementById(table.dataset.filter!) as HTMLInputElement;
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of Array.from(table.querySelectorAll<HTMLElement>("tbody tr"))) {
      const text = (row.textContent ?? "").toLowerCase();
      row.style.display = words.every((word) => text.includes(word)) ? "" : "none";
    }
  });
}

/** The page's script as text. Its functions use each other and the page, and nothing else of this package. */
export const pageScript = [
  ...[runPage, drawChart, smoothed, percentText, shortText, sortByHeads, filterRows].map(String),
  "runPage(uPlot);",
].join("\n");
