export { type BenchResult, benchResult } from "./result.ts";
export { BENCH_KINDS, type BenchKind, type BenchOptions, runBench } from "./run-bench.ts";
export { benchTable } from "./table.ts";
