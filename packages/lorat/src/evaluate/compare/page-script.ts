/** What of uPlot the page's script uses. */
interface Plotted {
  setSize(size: object): void;
}
type PlotConstructor = new (
  options: object,
  data: readonly (readonly (number | null)[])[],
  target: unknown,
) => Plotted;

/** What of a document the page's script uses; the program itself runs in Node and knows no DOM. */
interface PageElement {
  textContent: string | null;
  readonly value: string;
  readonly clientWidth: number;
  readonly dataset: Record<string, string | undefined>;
  readonly style: { display: string };
  readonly children: ArrayLike<PageElement>;
  append(...nodes: unknown[]): void;
  addEventListener(name: string, listener: () => void): void;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): ArrayLike<PageElement>;
  setAttribute(name: string, value: string): void;
}

/** Curves of one plot, best first. */
export interface PagePlot {
  readonly id: string;
  readonly xLabel: string;
  readonly x: readonly number[];
  readonly curves: readonly {
    readonly label: string;
    readonly colour: string;
    readonly y: readonly (number | null)[];
  }[];
}

/** Runs in the page, as text: it may use nothing from outside. Draws the plots; makes the tables sort and filter. */
export function runComparisonPage(Plot: PlotConstructor): void {
  const page = globalThis as unknown as {
    document: PageElement & { getElementById(id: string): PageElement };
    matchMedia(query: string): { matches: boolean };
    addEventListener(name: string, listener: () => void): void;
  };
  const { document } = page;
  const dark = page.matchMedia("(prefers-color-scheme: dark)").matches;
  const ink = dark ? "#93a0ae" : "#6a7685";
  const grid = { stroke: dark ? "#2a333d" : "#e3e8ed", width: 1 };
  const plots = JSON.parse(document.getElementById("data").textContent ?? "[]") as PagePlot[];
  for (const { id, xLabel, x, curves } of plots) {
    const card = document.getElementById(id);
    const size = () => ({ width: Math.max(280, card.clientWidth - 32), height: 300 });
    const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui", labelFont: "12px system-ui" };
    const percent = (value: number | null) =>
      value === null || value === undefined ? "" : `${value.toFixed(1)} %`;
    const plot = new Plot(
      {
        ...size(),
        scales: { x: { time: false }, y: { range: [0, 100] } },
        axes: [
          { ...axis, label: xLabel },
          { ...axis, size: 52, label: "share of frames, %" },
        ],
        series: [
          {
            label: xLabel,
            value: (_: unknown, value: number | null) => (value === null ? "" : String(value)),
          },
          ...curves.map(({ label, colour }) => ({
            label,
            stroke: colour,
            width: 2,
            points: { show: false },
            value: (_: unknown, value: number | null) => percent(value),
          })),
        ],
      },
      [x, ...curves.map(({ y }) => y)],
      card,
    );
    page.addEventListener("resize", () => plot.setSize(size()));
  }

  for (const table of Array.from(document.querySelectorAll("table.sequences"))) {
    const body = table.querySelector("tbody")!;
    const rows = Array.from(body.querySelectorAll("tr"));
    const heads = Array.from(table.querySelectorAll("th"));
    heads.forEach((head, column) => {
      head.addEventListener("click", () => {
        const down = head.dataset.order !== "down";
        for (const other of heads) other.dataset.order = "";
        head.dataset.order = down ? "down" : "up";
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const value = (row: PageElement) => row.children[column]!.textContent ?? "";
        const order = (a: PageElement, b: PageElement) => {
          const [left, right] = [value(a), value(b)];
          const [x, y] = [Number.parseFloat(left), Number.parseFloat(right)];
          const text = column === 0 || (Number.isNaN(x) && Number.isNaN(y));
          // What has no number stands last, whichever the order.
          if (!text && Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
          const sign = text ? left.localeCompare(right, "en", { numeric: true }) : x - y;
          return down ? -sign : sign;
        };
        body.append(...rows.sort(order));
      });
    });
    const filter = document.getElementById(table.dataset.filter ?? "");
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) {
        const text = (row.textContent ?? "").toLowerCase();
        row.style.display = words.every((word) => text.includes(word)) ? "" : "none";
      }
    });
  }
}
