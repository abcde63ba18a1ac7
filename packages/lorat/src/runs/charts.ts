import { type Chart, type Series, smooth, thin } from "../report/series.ts";
import type { Run } from "./read-run.ts";
import type { StepRecord } from "./records.ts";

/** What a chart of runs shows. */
interface ChartPlan {
  readonly title: string;
  readonly log?: boolean;
  /** Numbers of a step, by the label of their curve. */
  readonly steps?: Readonly<Record<string, keyof StepRecord>>;
  readonly validation?: Readonly<Record<string, "loss" | "bce" | "giou" | "iou">>;
  readonly tracking?: boolean;
}

const plans: readonly ChartPlan[] = [
  { title: "loss", steps: { loss: "loss" }, validation: { validation: "loss" } },
  { title: "loss terms", steps: { BCE: "bce", GIoU: "giou" } },
  { title: "IoU at positives", steps: { IoU: "iou" }, validation: { validation: "iou" } },
  { title: "tracking AUC", tracking: true },
  { title: "gradient norm before clipping", log: true, steps: { norm: "gradNorm" } },
  { title: "learning rate", steps: { rate: "learningRate" } },
  { title: "pairs a second", steps: { "pairs/s": "samplesPerSecond" } },
  { title: "share of time that steps waited for data", steps: { waiting: "waitShare" } },
  { title: "memory, MB", steps: { process: "memoryMb", device: "deviceMemoryMb" } },
  { title: "loss scale", log: true, steps: { scale: "lossScale" } },
];

interface ChartOptions {
  /** Points a curve at most; default: all. */
  readonly points?: number;
  /** Smoothing of what is recorded every step, 0 to 1; default: 0. */
  readonly smoothing?: number;
}

/** The charts that runs have numbers for; with several runs, each chart overlays theirs. */
export function runCharts(runs: readonly Run[], { points, smoothing = 0 }: ChartOptions = {}): Chart[] {
  return plans.flatMap((plan): Chart[] => {
    const series = runs.flatMap((run) => {
      const prefix = runs.length > 1 ? `${run.name} ` : "";
      return seriesOf(run, plan, smoothing).map((one) => ({
        ...one,
        label: `${prefix}${one.label}`.trimEnd(),
      }));
    });
    const drawn = series.filter(({ y }) => y.some(Number.isFinite));
    if (drawn.length === 0) return [];
    const thinned = points === undefined ? drawn : drawn.map((one) => thin(one, points));
    return [{ title: plan.title, series: thinned, log: plan.log }];
  });
}

function seriesOf(
  run: Run,
  { steps = {}, validation = {}, tracking }: ChartPlan,
  smoothing: number,
): Series[] {
  const series: Series[] = [];
  const of = <T extends { readonly step: number }>(
    label: string,
    records: readonly T[],
    value: (record: T) => unknown,
  ) => {
    const usable = records.filter((record) => typeof value(record) === "number");
    return { label, x: usable.map(({ step }) => step), y: usable.map((record) => value(record) as number) };
  };
  for (const [label, key] of Object.entries(steps)) {
    const raw = of(label, run.steps, (record) => record[key]);
    series.push({ ...raw, y: smoothing > 0 ? smooth(raw.y, smoothing) : raw.y });
  }
  for (const [label, key] of Object.entries(validation))
    series.push(
      of(label, run.validations, (record) => record[key]),
      of(`${label}, averaged weights`, run.validations, ({ average }) => average?.[key]),
    );
  if (tracking) series.push(of("AUC", run.tracking, ({ auc }) => auc));
  return series;
}
