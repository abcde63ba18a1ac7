import { gigabytes } from "../memory.ts";
import { spreadOf } from "../statistics.ts";
import { columns, digits, range } from "../table.ts";
import type { BenchResult, Fit, Measurement, Ratio } from "./result.ts";

/** A benchmark's result for people: machine and versions, then each suite's times, ratios and lines. */
export function benchTable(result: BenchResult): string {
  const { machine, versions, settings, measurements, ratios, fits, memory, notes } = result;
  const suites = new Map(measurements.map(({ kind, suite }) => [`${kind}: ${suite}`, { kind, suite }]));
  const load = `load ${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after`;
  const blocks = [
    [
      `${machine.processor}, ${machine.cores} cores, ${gigabytes(machine.memoryBytes)}, ${machine.platform}; ${load}`,
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
      `${settings.rounds} rounds, ratios by ${settings.clock === "cpu" ? "processor time" : "wall clock"}, device ${settings.device}, threads ${settings.threads ?? "as ONNX Runtime chooses"}; medians (10 to 90 %)`,
    ].join("\n"),
    ...[...suites].map(([title, at]) => {
      const here = <T extends { readonly kind: string; readonly suite: string }>(list: readonly T[]) =>
        list.filter(({ kind, suite }) => kind === at.kind && suite === at.suite);
      const parts = [timesTable(here(measurements), settings.clock === "cpu")];
      if (here(ratios).length > 0) parts.push(ratioTable(here(ratios)));
      if (here(fits).length > 0) parts.push(fitTable(here(fits)));
      return [title, ...parts].join("\n");
    }),
    ...memory.map(({ label, bytes }) => {
      const figures = Object.entries(bytes).map(([name, size]) => `${name} ${gigabytes(size)}`);
      return `${label}: ${figures.join(", ")}`;
    }),
    ...notes,
  ];
  return blocks.join("\n\n");
}

/** Times of one item; rates follow the clock that was asked for. */
function timesTable(measurements: readonly Measurement[], byProcessor: boolean): string {
  return columns([
    ["", "ms", "(10 to 90 %)", "processor ms", "best", "a second", "GFLOP/s"],
    ...measurements.map(({ name, unit, items, flops, ms, cpuMs, best }) => {
      const per = (list: readonly number[]) => spreadOf(list.map((value) => value / items));
      const wall = per(ms);
      const used = cpuMs.length > 0 ? per(cpuMs) : undefined;
      const counted = byProcessor && used ? used : wall;
      return [
        `  ${name}, a ${unit}`,
        digits(wall.median),
        range(wall),
        used ? digits(used.median) : "",
        digits(best / items),
        digits(1000 / counted.median),
        flops === undefined ? "" : digits(flops / (counted.median * items) / 1e6),
      ];
    }),
  ]);
}

function ratioTable(ratios: readonly Ratio[]): string {
  return columns([
    ["", "ratio", "(10 to 90 %)", "of the best"],
    ...ratios.map((ratio) => [`  ${ratio.label}`, digits(ratio.median), range(ratio), digits(ratio.best)]),
  ]);
}

function fitTable(fits: readonly Fit[]): string {
  return columns([
    ["", "slope", "intercept", "R squared"],
    ...fits.map(({ label, yUnit, slope, intercept, rSquared }) => [
      `  ${label}, ${yUnit}`,
      slope.toPrecision(3),
      intercept.toPrecision(3),
      rSquared.toFixed(4),
    ]),
  ]);
}
