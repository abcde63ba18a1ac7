/** What of uPlot the page's script uses. */
interface Plotted {
  setData(data: (number | null)[][]): void;
  setSize(size: object): void;
  setSeries(index: number, options: object): void;
}
type PlotConstructor = new (options: object, data: (number | null)[][], target: Element) => Plotted;

/** What of a document the page's script uses; the program itself runs in Node and knows no DOM. */
interface PageElement {
  textContent: string | null;
  value: string;
  readonly clientWidth: number;
  append(...nodes: unknown[]): void;
  addEventListener(name: string, listener: () => void): void;
}

/**
 * Runs in the page, as text: it may use nothing from outside. Every recorded point stays in the page; smoothing is computed
 * there, with the raw curve pale behind it.
 */
export function drawCharts(Plot: PlotConstructor): void {
  const page = globalThis as unknown as {
    document: {
      getElementById(id: string): PageElement;
      createElement(name: string): PageElement;
      querySelector(selector: string): PageElement;
    };
    matchMedia(query: string): { matches: boolean };
    addEventListener(name: string, listener: () => void): void;
  };
  const { document } = page;
  const dark = page.matchMedia("(prefers-color-scheme: dark)").matches;
  const colours = dark
    ? ["#4cb3e6", "#f0a35e", "#6fcf97", "#e07bb0", "#c3a6ff", "#e8d44d"]
    : ["#0b6bab", "#c8590a", "#1f8a4c", "#b03a78", "#6a45c4", "#8a7a00"];
  const ink = dark ? "#93a0ae" : "#6a7685";
  const grid = { stroke: dark ? "#2a333d" : "#e3e8ed", width: 1 };
  const slider = document.getElementById("smoothing");
  const shown = document.querySelector("output");
  const charts = JSON.parse(document.getElementById("data").textContent ?? "[]") as {
    title: string;
    log: boolean;
    labels: string[];
    x: number[];
    ys: (number | null)[][];
  }[];
  const smoothed = (values: (number | null)[], share: number): (number | null)[] => {
    let sum = 0;
    let weight = 0;
    return values.map((value) => {
      if (value === null) return null;
      sum = sum * share + value * (1 - share);
      weight = weight * share + (1 - share);
      return sum / weight;
    });
  };
  const short = (value: number | null): string =>
    value === null || value === undefined
      ? ""
      : Math.abs(value) > 0 && Math.abs(value) < 1e-3
        ? value.toExponential(2)
        : String(Number(value.toPrecision(4)));
  const redraws = charts.map(({ title, log, labels, x, ys }) => {
    const card = document.createElement("section");
    const heading = document.createElement("h2");
    heading.textContent = title + (log ? " (log)" : "");
    card.append(heading);
    document.getElementById("charts").append(card);
    // What is recorded at every step is smoothed; curves of a few points are drawn as they are, with dots.
    const dense = ys.map((y) => y.filter((value) => value !== null).length > 200);
    const positive = (y: (number | null)[]) => (log ? y.map((v) => (v !== null && v > 0 ? v : null)) : y);
    const data = (share: number) => [
      x,
      ...ys.flatMap((y, i) => [positive(y), dense[i] ? smoothed(positive(y), share) : positive(y)]),
    ];
    const size = () => ({ width: Math.max(280, card.clientWidth - 32), height: 240 });
    const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui" };
    const plot = new Plot(
      {
        ...size(),
        cursor: { sync: { key: "runs" }, drag: { x: true, y: false } },
        hooks: {
          setSeries: [
            (drawn: Plotted, index: number | null, { show }: { show?: boolean }) => {
              const smoothed = index !== null && index > 0 && index % 2 === 0;
              if (smoothed && show !== undefined && dense[index / 2 - 1])
                drawn.setSeries(index - 1, { show });
            },
          ],
        },
        scales: { x: { time: false }, y: log ? { distr: 3 } : {} },
        axes: [
          axis,
          { ...axis, size: 64, values: (_: unknown, splits: (number | null)[]) => splits.map(short) },
        ],
        series: [
          { label: "step" },
          ...labels.flatMap((label, i) => {
            const colour = colours[i % colours.length];
            return [
              {
                label: `${label}, raw`,
                stroke: `${colour}40`,
                width: 1,
                show: dense[i],
                spanGaps: true,
                points: { show: false },
              },
              {
                label,
                stroke: colour,
                width: 2,
                spanGaps: true,
                points: { show: !dense[i], size: 5, fill: colour },
                value: (_: unknown, value: number | null) => short(value),
              },
            ];
          }),
        ],
      },
      data(Number(slider.value)),
      card as unknown as Element,
    );
    page.addEventListener("resize", () => plot.setSize(size()));
    return (share: number) => plot.setData(data(share));
  });
  slider.addEventListener("input", () => {
    shown.textContent = Number(slider.value).toFixed(2);
    for (const redraw of redraws) redraw(Number(slider.value));
  });
}
