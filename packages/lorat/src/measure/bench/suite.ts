import { linearFit, medianOf, pairedRatio } from "../statistics.ts";
import type { Contender } from "./contender.ts";
import { type Fit, type Measurement, type Memory, measurementOf, type Ratio } from "./result.ts";

/** Which time counts in ratios: on the wall, or of the processor, which other work on the machine hardly disturbs. */
export type Clock = "wall" | "cpu";

/** A ratio to be formed: the time of `of` over the time of `to`, names of contenders. */
export interface RatioWish {
  readonly label: string;
  readonly of: string;
  readonly to: string;
  /** What both times are divided by first; default: one run. */
  readonly per?: "run" | "item" | "flop";
}

/** A line to be fitted through some contenders. */
interface FitWish {
  readonly label: string;
  /** What `at` counts. */
  readonly xUnit: string;
  readonly points: readonly { readonly at: number; readonly of: string }[];
}

/** Contenders that are measured in turns. */
export interface Suite {
  readonly title: string;
  readonly contenders: readonly Contender[];
  readonly ratios?: readonly RatioWish[];
  readonly fits?: readonly FitWish[];
  readonly memory?: readonly Memory[];
  /** What a reader must know, such as a peer that is absent. */
  readonly notes?: readonly string[];
}

interface RoundOptions {
  readonly rounds: number;
  readonly clock: Clock;
  /** Ends between two contenders. */
  readonly signal?: AbortSignal;
  readonly onRound?: (done: number, total: number) => void;
}

/** What a suite found. */
interface SuiteResult {
  readonly measurements: readonly Measurement[];
  readonly ratios: readonly Ratio[];
  readonly fits: readonly Fit[];
}

/** Untimed rounds: the first settles how many runs fit into one, the second finds everything warm. */
const warmUps = 2;

/** Measures every contender once a round, in turns, and lets go of them. */
export async function runSuite(suite: Suite, kind: string, options: RoundOptions): Promise<SuiteResult> {
  const { contenders } = suite;
  const { rounds, signal, onRound } = options;
  const samples = new Map(
    contenders.map((one) => [one.name, [] as (readonly [number, number | undefined])[]]),
  );
  const best = new Map(contenders.map((one) => [one.name, Number.POSITIVE_INFINITY]));
  try {
    for (let round = -warmUps; round < rounds; round++) {
      for (const one of contenders) {
        signal?.throwIfAborted();
        const found = await one.measure();
        if (round < 0) continue;
        const times = found.map(({ ms }) => ms);
        const used = found.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]));
        samples.get(one.name)!.push([medianOf(times), used.length ? medianOf(used) : undefined]);
        best.set(one.name, Math.min(best.get(one.name)!, ...clockOf(options.clock, times, used)));
      }
      onRound?.(round + warmUps + 1, rounds + warmUps);
    }
  } finally {
    for (const one of contenders) await one.dispose();
  }
  const measurements = contenders.map((one) => {
    const cpuMs = samples.get(one.name)!.flatMap(([, cpu]) => (cpu === undefined ? [] : [cpu]));
    return measurementOf(kind, suite.title, one, {
      ms: samples.get(one.name)!.map(([ms]) => ms),
      cpuMs,
      best: best.get(one.name)!,
    });
  });
  return conclude(suite, kind, measurements, options.clock);
}

function clockOf(clock: Clock, wall: readonly number[], cpu: readonly number[]): readonly number[] {
  return clock === "cpu" && cpu.length > 0 ? cpu : wall;
}

function conclude(
  suite: Suite,
  kind: string,
  measurements: readonly Measurement[],
  clock: Clock,
): SuiteResult {
  const named = new Map(measurements.map((one) => [one.name, one]));
  const times = (one: Measurement) => clockOf(clock, one.ms, one.cpuMs);
  const ratios = (suite.ratios ?? []).map(({ label, of, to, per = "run" }): Ratio => {
    const [above, below] = [named.get(of)!, named.get(to)!];
    const shares = (one: Measurement) => (per === "run" ? 1 : per === "item" ? one.items : one.flops!);
    const scaled = (one: Measurement) => times(one).map((ms) => ms / shares(one));
    const best = above.best / shares(above) / (below.best / shares(below));
    return { kind, suite: suite.title, label, ...pairedRatio(scaled(above), scaled(below)), best };
  });
  const fits = (suite.fits ?? []).flatMap(({ label, xUnit, points }): Fit[] => {
    const line = (yUnit: string, y: (one: Measurement) => number): Fit => {
      const found = points.map(({ at, of }) => ({ x: at, y: y(named.get(of)!) }));
      const xs = found.map(({ x }) => x);
      const ys = found.map((point) => point.y);
      return { kind, suite: suite.title, label, xUnit, yUnit, ...linearFit(xs, ys), points: found };
    };
    return [
      line("ms", (one) => medianOf(times(one))),
      line("ms at best", (one) => one.best),
      line("GMAC", (one) => one.flops! / 2e9),
    ];
  });
  return { measurements, ratios, fits };
}
