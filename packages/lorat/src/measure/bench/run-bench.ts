import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { Box, Precision } from "@lorat/core";
import { precisions as knownPrecisions, requirePrecision, variantNamed } from "@lorat/core/model";
import { type Device, LoratError, resolveDevice } from "@lorat/graph";
import type { BenchContext, SuiteMaker } from "./context.ts";
import { commandSuites } from "./kinds/command.ts";
import { cropSuites } from "./kinds/crop.ts";
import { endToEndSuites } from "./kinds/end-to-end.ts";
import { loaderSuites } from "./kinds/loader.ts";
import { memorySuites } from "./kinds/memory.ts";
import { networkSuites } from "./kinds/network.ts";
import { scalingSuites } from "./kinds/scaling.ts";
import { scoringSuites } from "./kinds/scoring.ts";
import { stepSuites } from "./kinds/step.ts";
import { machine, versions } from "./machine.ts";
import type { BenchResult, Fit, Measurement, Memory, Ratio } from "./result.ts";
import { type Clock, runSuite } from "./suite.ts";

const kinds = {
  network: networkSuites,
  "end-to-end": endToEndSuites,
  step: stepSuites,
  crop: cropSuites,
  loader: loaderSuites,
  scoring: scoringSuites,
  scaling: scalingSuites,
  command: commandSuites,
  memory: memorySuites,
} as const satisfies Record<string, SuiteMaker>;

export type BenchKind = keyof typeof kinds;
export const BENCH_KINDS = Object.keys(kinds) as BenchKind[];

export interface BenchOptions {
  /** What to measure; default: network, end-to-end, step and crop. */
  readonly kinds?: readonly string[];
  /** Names of variants; default: nano. Throws `VARIANT_UNKNOWN`. */
  readonly variants?: readonly string[];
  /** Default: fp32. */
  readonly precisions?: readonly string[];
  /** Default: `cpu`. */
  readonly device?: Device;
  /** Threads inside an operator, CPU only. */
  readonly threads?: number;
  /** Targets at once; default: 1. */
  readonly batches?: readonly number[];
  /** Timed rounds; default: 7. */
  readonly rounds?: number;
  /** Milliseconds of a round for each contender; default: 500. */
  readonly roundMs?: number;
  /** Which clock ratios are formed by; default: `wall`. */
  readonly clock?: Clock;
  /** Two short rounds over small sizes: shows that everything works. */
  readonly quick?: boolean;
  readonly video?: { readonly path: string; readonly box: Box };
  readonly peers?: string;
  readonly nanotrack?: string;
  /** VitTrack's ONNX file; not in the table when it is not given. */
  readonly vittrack?: string;
  readonly signal?: AbortSignal;
  /** Told what is going on; `done` and `total` count rounds. */
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

/**
 * Measures what was asked for, contenders of a suite in turns within every round, so that what disturbs the machine disturbs
 * all of them; ratios are formed round by round. Throws `BENCH_OPTION`, `VARIANT_UNKNOWN`, and what the measured throws.
 */
export async function runBench(options: BenchOptions = {}): Promise<BenchResult> {
  const { quick = false, clock = "wall", signal, onProgress = () => {} } = options;
  const { variants = ["nano"], precisions = ["fp32"], threads } = options;
  const rounds = whole("rounds", options.rounds ?? (quick ? 2 : 7));
  const chosen = (options.kinds ?? ["network", "end-to-end", "step", "crop"]).map(kindNamed);
  const device = await resolveDevice(options.device ?? "cpu");
  for (const precision of precisions) await requirePrecision(precisionNamed(precision), device);
  const settings = {
    kinds: chosen,
    variants,
    precisions: precisions.map(precisionNamed),
    device,
    ...(threads !== undefined && { threads: whole("threads", threads) }),
    batches: (options.batches ?? [1]).map((batch) => whole("batch", batch)),
    rounds,
    roundMs: options.roundMs ?? (quick ? 20 : 500),
    clock,
    quick,
  };
  const { video, peers, nanotrack, vittrack } = options;
  const folder = await mkdtemp(join(tmpdir(), "lorat-bench-"));
  const context: BenchContext = {
    ...settings,
    variants: variants.map(variantNamed),
    folder,
    video,
    peers,
    nanotrack,
    vittrack,
    signal,
    onStage: (label) => onProgress(label, 0, 0),
  };
  const started = new Date();
  const loadBefore = loadavg()[0]!;
  const measurements: Measurement[] = [];
  const ratios: Ratio[] = [];
  const fits: Fit[] = [];
  const memory: Memory[] = [];
  const notes = new Set<string>();
  try {
    for (const kind of chosen) {
      for await (const suite of kinds[kind](context)) {
        const onRound = (done: number, total: number) => onProgress(`${kind}: ${suite.title}`, done, total);
        const found = await runSuite(suite, kind, { rounds, clock, signal, onRound });
        measurements.push(...found.measurements);
        ratios.push(...found.ratios);
        fits.push(...found.fits);
        memory.push(...(suite.memory ?? []));
        for (const note of suite.notes ?? []) notes.add(note);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    version: 1,
    started: started.toISOString(),
    seconds: (Date.now() - started.getTime()) / 1000,
    machine: { ...machine(), loadBefore, loadAfter: loadavg()[0]! },
    versions: await versions(),
    settings,
    measurements,
    ratios,
    fits,
    memory,
    notes: [...notes],
  };
}

function kindNamed(name: string): BenchKind {
  if (name in kinds) return name as BenchKind;
  throw badOption(`there is no kind "${name}"`, BENCH_KINDS);
}

function precisionNamed(name: string): Precision {
  const precision = knownPrecisions.find((known) => known === name);
  if (precision) return precision;
  throw badOption(`there is no precision "${name}"`, knownPrecisions);
}

function whole(option: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new LoratError("BENCH_OPTION", `${option} must be a whole number above 0, got ${value}`);
}

function badOption(message: string, known: readonly string[]): LoratError {
  return new LoratError("BENCH_OPTION", message, { hint: `choose from ${known.join(", ")}` });
}
