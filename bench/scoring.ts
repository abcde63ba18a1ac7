/**
 * Time of scoring one tracker on a made-up benchmark of LaSOT's size (280 sequences, 685,000 frames) from a folder: reading
 * annotation, flags and results, and the metric; beside it the same in plain numpy, where python3 has it.
 * `node scripts/run.mjs bench/scoring.ts` after a build.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, protocolOf } from "@lorat/core";
import { openAnnotations, openResults, scoreTracker } from "lorat";

const SEQUENCES = 280;
const FRAMES = 685_000;
const RUNS = 5;

async function makeBenchmark(folder: string): Promise<void> {
  const random = createRandom(4);
  for (const part of ["annos", "absent", "results"]) await mkdir(join(folder, part));
  let left = FRAMES;
  for (let sequence = 0; sequence < SEQUENCES; sequence++) {
    const share = left / (SEQUENCES - sequence);
    const frames = sequence === SEQUENCES - 1 ? left : Math.round(share * random.uniform(0.5, 1.5));
    left -= frames;
    const truth: string[] = [];
    const absent: string[] = [];
    const results: string[] = [];
    for (let frame = 0; frame < frames; frame++) {
      const box = [
        random.uniform(1, 900),
        random.uniform(1, 500),
        random.uniform(20, 200),
        random.uniform(20, 200),
      ];
      const whole = box.map(Math.round);
      truth.push(whole.join(","));
      absent.push(random.chance(0.03) ? "1" : "0");
      results.push(
        (frame === 0 ? whole : box.map((value) => (value + random.normal(0, 8)).toFixed(2))).join(","),
      );
    }
    const name = `sequence-${sequence + 1}.txt`;
    await writeFile(join(folder, "annos", name), truth.join("\n"));
    await writeFile(join(folder, "absent", name), absent.join("\n"));
    await writeFile(join(folder, "results", name), results.join("\n"));
  }
}

/** Median of the runs after a first one, in seconds. */
function median(times: number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1]!;
}

const folder = await mkdtemp(join(tmpdir(), "lorat-scoring-"));
try {
  await makeBenchmark(folder);
  console.log(`${SEQUENCES} sequences, ${FRAMES} frames, ${availableParallelism()} cores`);
  const read: number[] = [];
  const metric: number[] = [];
  const processor: number[] = [];
  let figures = "";
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const used = process.cpuUsage();
    const annotations = await openAnnotations(`lasot:${folder}`);
    const results = await openResults(join(folder, "results"), annotations);
    const middle = performance.now();
    const { overall } = scoreTracker(annotations, results, protocolOf("toolkit"));
    read.push((middle - start) / 1000);
    metric.push((performance.now() - middle) / 1000);
    const { user, system } = process.cpuUsage(used);
    processor.push((user + system) / 1e6);
    const { auc, precision, normalisedPrecision } = overall.scores;
    figures = [auc, precision, normalisedPrecision].map((share) => (100 * share).toFixed(6)).join(" ");
  }
  const first = read[0]! + metric[0]!;
  const whole = median(read.map((seconds, i) => seconds + metric[i]!));
  console.log(
    `lorat: first run ${first.toFixed(2)} s; median of ${RUNS} ${whole.toFixed(2)} s, of which reading ${median(read).toFixed(2)} s, metric with intervals ${median(metric).toFixed(2)} s; processor time ${median(processor).toFixed(2)} s`,
  );
  const hasNumpy = spawnSync("python3", ["-c", "import numpy"]).status === 0;
  if (!hasNumpy) {
    console.log("numpy: skipped, python3 has no numpy");
  } else {
    const script = new URL("../../../bench/one_pass.py", import.meta.url).pathname;
    const out = execFileSync("python3", [script, folder, join(folder, "results")], { encoding: "utf8" });
    const [total = 0, ofProcessor = 0, reading = 0, computing = 0, ...same] = out
      .trim()
      .split(" ")
      .map(Number);
    console.log(
      `numpy: ${total.toFixed(2)} s, of which reading ${reading.toFixed(2)} s, metric ${computing.toFixed(2)} s; processor time ${ofProcessor.toFixed(2)} s`,
    );
    console.log(
      `numpy takes ${(total / whole).toFixed(1)} times as long, ${(ofProcessor / median(processor)).toFixed(1)} times the processor time; for the metric alone ${(computing / median(metric)).toFixed(1)} times as long`,
    );
    console.log(`figures: lorat ${figures}, numpy ${same.map((value) => value.toFixed(6)).join(" ")}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
