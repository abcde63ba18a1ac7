import { z } from "zod";
import type { Contender } from "./contender.ts";

const spread = { count: z.int().min(1), median: z.number(), low: z.number(), high: z.number() };
const place = { kind: z.string(), suite: z.string() };

const measurement = z.strictObject({
  ...place,
  name: z.string(),
  tags: z.record(z.string(), z.union([z.string(), z.number()])),
  /** What is counted, and how many of them one run does. */
  unit: z.string(),
  items: z.number().positive(),
  /** Floating-point operations of one run. */
  flops: z.number().positive().optional(),
  /** Milliseconds of a run on the wall, the median of each round. */
  ms: z.array(z.number().min(0)),
  /** The same of processor time, all threads together; empty where another process did the work. */
  cpuMs: z.array(z.number().min(0)),
  /** The shortest single run, by the clock that was asked for. */
  best: z.number().min(0),
});

const ratio = z.strictObject({
  ...place,
  label: z.string(),
  ...spread,
  rounds: z.array(z.number()),
  /** Of the shortest single runs. */
  best: z.number(),
});

const fit = z.strictObject({
  ...place,
  label: z.string(),
  xUnit: z.string(),
  yUnit: z.string(),
  slope: z.number(),
  intercept: z.number(),
  rSquared: z.number().min(0).max(1),
  points: z.array(z.strictObject({ x: z.number(), y: z.number() })),
});

const memory = z.strictObject({
  label: z.string(),
  /** Bytes, by what they are. */
  bytes: z.record(z.string(), z.number()),
});

/** The file that a benchmark writes. */
export const benchResult = z.strictObject({
  version: z.literal(1),
  started: z.iso.datetime(),
  seconds: z.number(),
  machine: z.strictObject({
    processor: z.string(),
    cores: z.int(),
    memoryBytes: z.number(),
    platform: z.string(),
    /** Load average over the last minute. */
    loadBefore: z.number(),
    loadAfter: z.number(),
  }),
  versions: z.record(z.string(), z.string()),
  settings: z.record(z.string(), z.unknown()),
  measurements: z.array(measurement),
  ratios: z.array(ratio),
  fits: z.array(fit),
  memory: z.array(memory),
  notes: z.array(z.string()),
});

export type BenchResult = z.infer<typeof benchResult>;
export type Measurement = z.infer<typeof measurement>;
export type Ratio = z.infer<typeof ratio>;
export type Fit = z.infer<typeof fit>;
export type Memory = z.infer<typeof memory>;

/** A contender with its times. */
export function measurementOf(
  kind: string,
  suite: string,
  { name, tags, unit, items, flops }: Contender,
  times: Pick<Measurement, "ms" | "cpuMs" | "best">,
): Measurement {
  return { kind, suite, name, tags, unit, items, flops, ...times };
}
