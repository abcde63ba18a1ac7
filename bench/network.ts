/**
 * How near the network comes to the machine's own matrix product, and what a LoRA training step costs beside a forward
 * pass: random weights, one process, measured in turns so that a busy machine disturbs all alike.
 *
 *   npm run build && node scripts/run.mjs bench/network.ts [--variant B-224] [--threads N] [--repeat ROUNDS]
 *     [--clock wall|cpu] [--json FILE]
 *
 * `--clock cpu` counts the process's processor time instead of time on the wall: with `--threads 1` it tells something on a
 * machine that others use too.
 */
import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import {
  createRandom,
  initialWeights,
  loraConfig,
  lorat,
  type ModelConfig,
  mergedConfig,
  networkInputs,
  trainingStep,
  variantNamed,
} from "@lorat/core";
import {
  cost,
  float32,
  Graph,
  matmul,
  Session,
  sizeOf,
  type Tensor,
  type Value,
  type Weights,
} from "@lorat/graph";

const { values } = parseArgs({
  options: {
    variant: { type: "string", default: "B-224" },
    threads: { type: "string" },
    repeat: { type: "string", default: "10" },
    clock: { type: "string", default: "wall" },
    json: { type: "string" },
  },
});
const threads = values.threads === undefined ? undefined : Number(values.threads);
const rounds = Number(values.repeat);
const stepBatch = 2;
const productSize = { rows: 320, inner: 768, columns: 3072 };

/** Something that is run again and again. */
interface Contender {
  readonly name: string;
  readonly flops: number;
  /** Runs in each round; their median counts. */
  readonly runsPerRound: number;
  run(): Promise<unknown>;
  dispose(): Promise<void>;
}

async function contender(
  name: string,
  runsPerRound: number,
  outputs: Record<string, Value>,
  session: { weights: Weights; fed?: ReadonlySet<string>; memoryPattern?: boolean },
): Promise<Contender> {
  const made = await Session.create(outputs, { device: "cpu", threads, ...session });
  const random = createRandom(7);
  const feeds: Record<string, Tensor> = {};
  for (const [input, { shape }] of made.inputs) {
    const weight = session.weights.get(input);
    const noise = () =>
      float32(
        Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()),
        shape,
      );
    feeds[input] = weight && !("file" in weight) ? weight : noise();
  }
  return {
    name,
    flops: 2 * cost(Object.values(outputs)).macs,
    runsPerRound,
    run: () => made.compute(feeds),
    dispose: () => made.dispose(),
  };
}

/** One large product by a constant weight: what the engine can do here. */
function product(): Promise<Contender> {
  const { rows, inner, columns } = productSize;
  const graph = new Graph();
  const y = matmul(graph.input("x", [rows, inner]), graph.parameter("weight", [inner, columns]));
  const random = createRandom(3);
  const weight = Float32Array.from({ length: inner * columns }, () => random.normal(0, 0.02));
  const weights = new Map([["weight", float32(weight, [inner, columns])]]);
  return contender(`matrix product ${rows}x${inner} by ${inner}x${columns}`, 9, { y }, { weights });
}

function forward(config: ModelConfig, runsPerRound: number): Promise<Contender> {
  const graph = new Graph();
  const { scoreMap, boxes } = lorat(networkInputs(graph, config, 1), config);
  const weights = initialWeights(graph, config, createRandom(5));
  return contender(`${config.variant.name} forward, batch 1`, runsPerRound, { scoreMap, boxes }, { weights });
}

function loraStep(config: ModelConfig): Promise<Contender> {
  const { graph, outputs, trainable } = trainingStep(config, stepBatch);
  const weights = initialWeights(graph, config, createRandom(5));
  const fed = new Set(trainable.map(({ name }) => name));
  const name = `${config.variant.name} LoRA step, rank 64, batch ${stepBatch}`;
  return contender(name, 1, outputs, { weights, fed, memoryPattern: false });
}

/** Milliseconds of one run, by the clock asked for. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await run();
  if (values.clock === "wall") return performance.now() - wall;
  const used = process.cpuUsage(cpu);
  return (used.user + used.system) / 1000;
}

const quantile = (numbers: readonly number[], share: number) =>
  [...numbers].sort((a, b) => a - b)[Math.round(share * (numbers.length - 1))]!;
const median = (numbers: readonly number[]) => quantile(numbers, 0.5);

const variant = variantNamed(values.variant);
const nano = variantNamed("nano");
const loadBefore = loadavg()[0]!;
const multiply = await product();
const pass = await forward(mergedConfig(variant), 3);
const step = await loraStep(loraConfig(variant));
const small = await forward(mergedConfig(nano), 9);
const contenders = [multiply, pass, step, small];

for (const one of contenders) for (let i = 0; i < 2; i++) await one.run();
/** Milliseconds, by contender and round. */
const times = new Map<Contender, number[]>(contenders.map((one) => [one, []]));
let bestProduct = Number.POSITIVE_INFINITY;
for (let round = 0; round < rounds; round++) {
  for (const one of contenders) {
    const runs: number[] = [];
    for (let i = 0; i < one.runsPerRound; i++) runs.push(await timed(() => one.run()));
    times.get(one)!.push(median(runs));
    if (one === multiply) bestProduct = Math.min(bestProduct, ...runs);
  }
}
for (const one of contenders) await one.dispose();

const rate = (one: Contender, ms: number) => one.flops / ms / 1e6;
const perRound = (value: (round: number) => number) =>
  Array.from({ length: rounds }, (_, round) => value(round));
const at = (one: Contender, round: number) => times.get(one)![round]!;
const shares = perRound((i) => rate(pass, at(pass, i)) / rate(multiply, at(multiply, i)));
const steps = perRound((i) => at(step, i) / stepBatch / at(pass, i));

const spread = (numbers: readonly number[], digits: number) =>
  `${median(numbers).toFixed(digits)} (${quantile(numbers, 0.1).toFixed(digits)} to ${quantile(numbers, 0.9).toFixed(digits)})`;
const clock = values.clock === "wall" ? "wall clock" : "processor time";
console.log(
  `${rounds} rounds, ${clock}, threads ${threads ?? "as ONNX Runtime chooses"}, load before ${loadBefore.toFixed(1)}, after ${loadavg()[0]!.toFixed(1)}`,
);
console.log("median (tenth to ninetieth percentile of the rounds)");
for (const one of contenders) {
  const ms = times.get(one)!;
  console.log(
    `${one.name.padEnd(46)} ${spread(ms, 2).padStart(30)} ms ${rate(one, median(ms)).toFixed(1).padStart(8)} GFLOP/s`,
  );
}
console.log(
  `best single matrix product: ${bestProduct.toFixed(2)} ms, ${rate(multiply, bestProduct).toFixed(1)} GFLOP/s`,
);
console.log(`forward's share of the product's rate: ${spread(shares, 3)}; wanted: 0.85 or more`);
console.log(`LoRA step a sample, in forward passes: ${spread(steps, 3)}; wanted: 2.6 or less`);
console.log(`each round's share: ${shares.map((share) => share.toFixed(2)).join(" ")}`);
console.log(`each round's step:  ${steps.map((passes) => passes.toFixed(2)).join(" ")}`);
if (values.json) {
  const figures = {
    variant: variant.name,
    clock: values.clock,
    threads: threads ?? null,
    rounds: contenders.map((one) => ({ name: one.name, flops: one.flops, ms: times.get(one) })),
    bestProductMs: bestProduct,
    shareOfProduct: { median: median(shares), rounds: shares },
    stepInForwardPasses: { median: median(steps), rounds: steps },
  };
  await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}
