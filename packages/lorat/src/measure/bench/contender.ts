import { type Sample, timeOf } from "../timing.ts";

/** Something that is measured in turns with others. */
export interface Contender {
  /** For people, and unlike every other in its suite. */
  readonly name: string;
  /** What it is, for programs: variant, precision, batch and so on. */
  readonly tags: Readonly<Record<string, string | number>>;
  /** What is counted, in the singular: `frame`. */
  readonly unit: string;
  /** How many of them one run does. */
  readonly items: number;
  /** Floating-point operations of one run, two for each multiply-accumulate. */
  readonly flops?: number;
  /** The runs of one round. */
  measure(): Promise<readonly Sample[]>;
  dispose(): Promise<void>;
}

interface TimedOptions extends Omit<Contender, "measure" | "dispose"> {
  /** Done before every run, outside the clock. */
  prepare?(): unknown;
  run(): unknown;
  dispose?(): Promise<void>;
}

/** Maximum number of runs of one round. */
const mostRuns = 20;

/** A contender that runs in this process: as many runs a round as fit into `roundMs`, at least one. */
export function timed(options: TimedOptions, roundMs: number): Contender {
  const { prepare, run, dispose, ...described } = options;
  let runs: number | undefined;
  return {
    ...described,
    async measure() {
      const samples: Sample[] = [];
      for (let i = 0; i < (runs ?? 1); i++) {
        await prepare?.();
        samples.push(await timeOf(run));
      }
      runs ??= Math.max(1, Math.min(mostRuns, Math.round(roundMs / samples[0]!.ms)));
      return samples;
    },
    dispose: async () => dispose?.(),
  };
}
