/**
 * Kills a training process (SIGKILL) at random moments, checkpoint writes and starts included, resumes it each time, and
 * compares its log with that of an uninterrupted run, bit for bit. After every kill each checkpoint that had been reported
 * as saved must be there and readable, unless as many newer ones as are kept have taken its place.
 *
 *   npm run build && node scripts/run.mjs experiments/kill-and-resume.ts [--kills 20] [--steps 240] [--seed 1] [--json]
 *
 * The network is tiny; it trains by LoRA with accumulation, drop path, an average of the weights and validation, on
 * procedural pairs, and saves a checkpoint after every update.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loraConfig, variantNamed } from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import { type RunConfig, train } from "lorat";
import { listCheckpoints, readCheckpoint, referenceMix } from "lorat/parts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    steps: { type: "string", default: "240" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    /** Set in the process that is killed: the run's folder. */
    child: { type: "string" },
  },
});
const steps = Number(values.steps);
const keep = 3;
/**
 * When kills fall: at any moment of the training, within moments of a step's end, which is when its checkpoint is written,
 * or on the way up, while the process reads, rewinds its log or makes its sessions.
 */
const kinds = ["training", "write", "write", "start"] as const;
/** About how long a checkpoint takes to be written. */
const writeMs = 6;

if (values.child !== undefined) await trainAndTell(values.child);
else await killAndCompare(Number(values.kills), Number(values.seed));

function configuration(): RunConfig {
  const sizes = { dim: 96, heads: 3, hidden: 192, depth: 3, templateGrid: 2, searchGrid: 4, dropPath: 0.4 };
  const data = { kind: "mix", roots: {}, mix: referenceMix } as const;
  return {
    name: "kill-and-resume",
    model: loraConfig({ ...variantNamed("nano-patch"), ...sizes, name: "tiny" }, { rank: 16 }),
    initialisation: "reference",
    batchSize: 2,
    accumulation: 2,
    steps,
    optimizer: {
      learningRate: 1e-3,
      warmupSteps: 10,
      warmupLearningRate: 1e-7,
      minLearningRate: 1e-6,
      weightDecay: 0.1,
      maxGradNorm: 1,
    },
    averageDecay: 0.99,
    seed: 7,
    data,
    validation: { everySteps: 10, samples: 4, data },
  };
}

/** The process that is killed: tells its parent of every step and every checkpoint. */
async function trainAndTell(folder: string): Promise<void> {
  const tell = (line: string) => process.stdout.write(`${line}\n`);
  const resume = await readFile(join(folder, "config.json")).then(
    () => true,
    () => false,
  );
  await train(configuration(), {
    folder,
    resume,
    device: "cpu",
    threads: 1,
    workers: 0,
    checkpointSeconds: 0,
    keep,
    onStep: ({ step }) => tell(`step ${step}`),
    onCheckpoint: (_, step) => tell(`saved ${step}`),
  });
}

async function killAndCompare(kills: number, seed: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lorat-kill-"));
  try {
    const began = performance.now();
    const whole = join(folder, "whole");
    const first = start(whole);
    await first.ended;
    const wholeSeconds = (performance.now() - began) / 1000;

    const random = createRandom(seed);
    const parts = join(folder, "parts");
    const moments: string[] = [];
    let saved = 0;
    let insideWrites = 0;
    // Half of the run's time is spread over the kills, so that some are left when the run nears its end.
    const msPerStep = ((wholeSeconds - 1.5) * 1000) / steps;
    const spacing = (0.9 * msPerStep * steps) / kills;
    for (let kill = 0; kill < kills; kill++) {
      const child = start(parts);
      const kind = kinds[kill % kinds.length]!;
      if (kind !== "start") await child.running;
      await delay(random.uniform(0, kind === "start" ? 1500 : 2 * spacing));
      if (kind === "write") {
        await Promise.race([child.nextStep(), child.ended]);
        await delay(random.uniform(0, writeMs));
      }
      const ended = child.process.exitCode !== null;
      child.process.kill("SIGKILL");
      await child.ended;
      saved = Math.max(saved, ...child.saved);
      const left = await readdir(join(parts, "checkpoints")).catch(() => []);
      if (left.some((name) => name.endsWith(".tmp"))) insideWrites++;
      moments.push(ended ? "after the end" : `${kind}, step ${child.step}`);
      await requireCheckpoints(join(parts, "checkpoints"), child.saved, saved);
    }
    await start(parts).ended;
    const [expected, found] = [await log(whole), await log(parts)];
    const different = expected.filter((line, i) => line !== found[i]).length;
    const same = different === 0 && expected.length === found.length;
    const result = { kills, steps, records: expected.length, same, different, insideWrites, moments };
    if (values.json) console.log(JSON.stringify(result));
    else {
      console.log(moments.map((moment, i) => `kill ${i + 1}: ${moment}`).join("\n"));
      console.log(`${insideWrites} of ${kills} kills left a checkpoint half written`);
      console.log(
        `${expected.length} records, ${same ? "all the same" : `${different} differ, ${found.length} found`}`,
      );
    }
    if (!same) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Child {
  readonly process: ChildProcess;
  /** Settles with the first step, or the end. */
  readonly running: Promise<unknown>;
  /** Settles when the next step is reported. */
  nextStep(): Promise<void>;
  /** Rejects when it ends by itself with an error. */
  readonly ended: Promise<void>;
  /** Steps whose checkpoints it reported. */
  readonly saved: number[];
  /** The last step that it reported. */
  readonly step: number;
}

function start(folder: string): Child {
  const args = [fileURLToPath(import.meta.url), "--child", folder, "--steps", String(steps)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const state = { saved: [] as number[], step: 0 };
  let text = "";
  let errors = "";
  const waiting: (() => void)[] = [];
  const nextStep = () => new Promise<void>((resolve) => waiting.push(resolve));
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const running = nextStep();
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      const [what, step] = line.split(" ");
      if (what === "saved") state.saved.push(Number(step));
      if (what !== "step") continue;
      state.step = Number(step);
      wake();
    }
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("close", (code, signal) => {
      wake();
      if (code === 0 || signal === "SIGKILL") resolve();
      else reject(new Error(`the training process ended with ${code}: ${errors}`));
    });
  });
  return {
    process: child,
    running,
    nextStep,
    ended,
    saved: state.saved,
    get step() {
      return state.step;
    },
  };
}

/** Throws when a checkpoint that was reported is neither there nor out of date, or when one that is there cannot be read. */
async function requireCheckpoints(
  folder: string,
  reported: readonly number[],
  newest: number,
): Promise<void> {
  const there = (await listCheckpoints(folder)).map(({ step }) => step);
  for (const step of reported) {
    const newer = there.filter((other) => other > step).length;
    if (!there.includes(step) && newer < keep) throw new Error(`checkpoint ${step} was saved and is lost`);
  }
  if (newest > 0 && (there.at(-1) ?? 0) < newest)
    throw new Error(`checkpoint ${newest} was saved and is lost`);
  for (const { file, step } of await listCheckpoints(folder)) {
    const { progress } = await readCheckpoint(join(folder, file));
    if (progress.step !== step) throw new Error(`${file} says that it is of step ${progress.step}`);
  }
}

/** A run's log without what depends on the clock. */
async function log(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, "metrics.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const { samplesPerSecond: _s, waitShare: _w, memoryMb: _m, ...numbers } = JSON.parse(line);
      return JSON.stringify(numbers);
    });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
