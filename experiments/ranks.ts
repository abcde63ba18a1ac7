// What ranks gain and what their exchange costs on this machine: node scripts/run.mjs experiments/ranks.ts --out FOLDER
// [--steps 60] [--only throughput,exchange,share] [--mpirun mpirun]. Prints tables; needs MPI and koffi. One run after the other.
//
// throughput: pairs a second of nano with 1 process of 1 thread, 1 of 2 threads, 2 ranks of 1 thread, as ratios, in turns.
// exchange: an all-reduce of B-224's adapter gradients (13 million numbers) between 2 ranks, in single precision and in halves.
// share: how much of a step is exchange, for nano, S-224 and B-224 with LoRA, from the run's log.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loraConfig, variantNamed } from "@lorat/core/model";
import { nanoPreset } from "../packages/lorat/src/train/presets/nano.ts";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    steps: { type: "string", default: "60" },
    only: { type: "string", default: "throughput,exchange,share" },
    mpirun: { type: "string", default: "mpirun" },
    rounds: { type: "string", default: "3" },
  },
});
if (!values.out) throw new Error("--out FOLDER is missing: scratch space for the runs");
const folder = values.out;
const steps = Number(values.steps);
const wanted = new Set(values.only.split(","));
// This script is bundled elsewhere before it runs, always from the root of the checkout.
const lorat = resolve("packages/lorat/bin/lorat.js");
mkdirSync(folder, { recursive: true });

interface Step {
  readonly samplesPerSecond: number;
  readonly exchangedMb?: number;
  readonly exchangeSeconds?: number;
  readonly exchangeWaitSeconds?: number;
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

/** Trains for some steps; gives the log's steps without the first fifth, in which everything warms up. */
function train(config: string, threads: number, ranks: number, more: readonly string[] = []): Step[] {
  const out = join(folder, "run");
  rmSync(out, { recursive: true, force: true });
  const args = ["train", config, "--out", out, "--threads", String(threads), "--device", "cpu", ...more];
  if (ranks > 1) args.push("--ranks", String(ranks), "--mpirun", values.mpirun);
  const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
  execFileSync(process.execPath, [lorat, ...args], { stdio: ["ignore", "ignore", "inherit"], env });
  const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
  const records = lines
    .map((line) => JSON.parse(line) as Step & { kind?: string })
    .filter(({ kind }) => !kind);
  return records.slice(Math.ceil(records.length / 5));
}

/** Writes a configuration on procedural pairs; gives its path. */
function configFile(name: string, own: object): string {
  const { averageDecay: _, validation: __, ...preset } = nanoPreset({ steps });
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ ...preset, ...own, name }));
  return path;
}

if (wanted.has("throughput")) {
  const config = configFile("nano", {});
  const kinds = [
    ["1 process of 1 thread", 1, 1],
    ["1 process of 2 threads", 2, 1],
    ["2 ranks of 1 thread", 1, 2],
  ] as const;
  const speeds = new Map(kinds.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, threads, ranks] of kinds) {
      const all = train(config, threads, ranks).map(({ samplesPerSecond }) => samplesPerSecond);
      speeds.get(name)!.push(median(all));
    }
  }
  console.log("| nano, batch 16 | pairs/s, round by round | ratio, median of rounds |\n|---|---|---|");
  const first = speeds.get(kinds[0][0])!;
  for (const [name, each] of speeds) {
    const ratio = median(each.map((speed, i) => speed / first[i]!));
    console.log(`| ${name} | ${each.map((speed) => speed.toFixed(1)).join(", ")} | ${ratio.toFixed(2)} |`);
  }
}

if (wanted.has("exchange")) {
  const script = resolve("experiments/ranks-exchange.mjs");
  const root = process.getuid?.() === 0 && /openmpi/.test(values.mpirun) ? ["--allow-run-as-root"] : [];
  execFileSync(values.mpirun, [...root, "-n", "2", process.execPath, script], { stdio: "inherit" });
}

if (wanted.has("share")) {
  console.log(
    "| network | step ms | sent MB | exchange ms | of it waiting | share of the step |\n|---|---|---|---|---|---|",
  );
  const networks: [string, object][] = [
    ["nano (all)", {}],
    ["S-224 LoRA", { model: loraConfig(variantNamed("S-224"), { rank: 64 }), batchSize: 4, stem: undefined }],
    ["B-224 LoRA", { model: loraConfig(variantNamed("B-224"), { rank: 64 }), batchSize: 4, stem: undefined }],
  ];
  for (const [name, own] of networks) {
    const config = configFile(name.replace(/\W/g, "-"), {
      initialisation: "scratch",
      ...own,
      steps: name === "nano (all)" ? steps : 6,
    });
    const batch = (JSON.parse(readFileSync(config, "utf8")) as { batchSize: number }).batchSize;
    const all = train(config, 1, 2);
    const ms = (of: (step: Step) => number) => 1000 * median(all.map(of));
    const step = ms(({ samplesPerSecond }) => batch / samplesPerSecond);
    const exchange = ms(({ exchangeSeconds = 0 }) => exchangeSeconds);
    const waiting = ms(({ exchangeWaitSeconds = 0 }) => exchangeWaitSeconds);
    const sent = median(all.map(({ exchangedMb = 0 }) => exchangedMb));
    console.log(
      `| ${name} | ${step.toFixed(0)} | ${sent.toFixed(1)} | ${exchange.toFixed(1)} | ${waiting.toFixed(1)} | ${((100 * (exchange - waiting)) / step).toFixed(1)} % |`,
    );
  }
}
