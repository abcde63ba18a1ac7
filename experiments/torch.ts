/**
 * LoRAT against PyTorch in one run: the forward pass at batch 1 and the LoRA training step (forward pass, loss, gradients)
 * at batch 2, with the same weights, inputs and threads, in turns, and how far their numbers are apart.
 *
 *   npm run build && node scripts/run.mjs experiments/torch.ts [--variant S-224] [--threads 2] [--repeat ROUNDS] [--clock wall|cpu]
 *
 * Without PyTorch for `python3` it says so and measures nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import {
  initialWeights,
  loraConfig,
  lorat,
  mergedConfig,
  networkInputs,
  parametersIn,
  variantNamed,
} from "@lorat/core/model";
import { createRandom, trainingStep } from "@lorat/core/training";
import { bytesSource, encodeSafetensors, openSafetensors } from "@lorat/core/weights";
import {
  bytesOf,
  float32,
  Graph,
  Session,
  sizeOf,
  type Tensor,
  type Value,
  type Weights,
} from "@lorat/graph";

const { values } = parseArgs({
  options: {
    variant: { type: "string", default: "S-224" },
    threads: { type: "string", default: "2" },
    repeat: { type: "string", default: "10" },
    clock: { type: "string", default: "wall" },
  },
});
const variant = variantNamed(values.variant);
const threads = Number(values.threads);
const rounds = Number(values.repeat);
const clock = values.clock === "cpu" ? "cpuMs" : "ms";

interface Times {
  readonly ms: number;
  readonly cpuMs: number;
}

/** One task, ready to run in both. */
interface Task {
  readonly kind: "network" | "step";
  readonly title: string;
  readonly batch: number;
  readonly weights: Map<string, Tensor>;
  readonly session: Session;
  readonly inputs: Record<string, Tensor>;
}

const names = { positives: "positives", boxes: "target_boxes", count: "positive_count" };

function madeUp(inputs: Iterable<Value>): Record<string, Tensor> {
  const random = createRandom(7);
  const feeds: Record<string, Tensor> = {};
  for (const { name, shape } of inputs) {
    const draw = (index: number) => {
      if (name === "template_mask") return index % 3 === 0 ? 1 : 0;
      if (name === names.positives) return index % 11 === 0 ? 1 : 0;
      if (name === names.boxes) return [0.3, 0.25, 0.7, 0.65][index % 4]!;
      return random.normal();
    };
    feeds[name] = float32(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => draw(i)),
      shape,
    );
  }
  const positives = feeds[names.positives]?.data as Float32Array | undefined;
  if (positives) feeds[names.count] = float32([positives.reduce((sum, one) => sum + one, 0)], []);
  return feeds;
}

async function task(kind: Task["kind"]): Promise<Task> {
  const config = kind === "step" ? loraConfig(variant) : mergedConfig(variant);
  const batch = kind === "step" ? 2 : 1;
  let graph = new Graph();
  let outputs: Readonly<Record<string, Value>>;
  let fed = new Set<string>();
  if (kind === "step") {
    const built = trainingStep(config, batch);
    const { score_map: _scores, boxes: _boxes, ...wanted } = built.outputs;
    graph = built.graph;
    outputs = wanted;
    fed = new Set(built.trainable.map(({ name }) => name));
  } else {
    const { scoreMap, boxes } = lorat(networkInputs(graph, config, batch), config);
    outputs = { score_map: scoreMap, boxes };
  }
  const weights = initialWeights(parametersIn(graph), createRandom(5)) as Map<string, Tensor>;
  const purpose = kind === "network" ? "inference" : "training";
  const session = await Session.create(outputs, {
    device: "cpu",
    threads,
    weights: weights as Weights,
    fed,
    purpose,
  });
  const inputs = madeUp(graph.inputs.values());
  const title = kind === "step" ? `LoRA step, rank 64, batch ${batch}` : `forward, batch ${batch}`;
  return { kind, title: `${variant.name} ${title}`, batch, weights, session, inputs };
}

async function timed(run: () => Promise<unknown>): Promise<Times> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - wall, cpuMs: (user + system) / 1000 };
}

/** The peer's process for a task, waiting for its turns. */
class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** Undefined where there is no PyTorch. */
  static async start(job: string): Promise<Peer | undefined> {
    const child = spawn("python3", ["experiments/peers/torch_lorat.py", "--job", job, "--turns"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const missing = new Promise<undefined>((resolve) => child.once("error", () => resolve(undefined)));
    const peer = new Peer(child);
    const first = await Promise.race([missing, peer.#next()]);
    return first && "ready" in first ? peer : undefined;
  }

  async turn(): Promise<Times> {
    this.#child.stdin!.write("run\n");
    return (await this.#next()) as unknown as Times;
  }

  /** Ends the process; its last line. */
  end(): Promise<Record<string, unknown> | undefined> {
    this.#child.stdin!.end();
    return this.#next();
  }

  async #next(): Promise<Record<string, unknown> | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : JSON.parse(value);
  }
}

function safetensors(tensors: Iterable<[string, Tensor]>): Promise<Uint8Array> {
  return encodeSafetensors(
    [...tensors].map(([name, tensor]) => ({
      name,
      dtype: "F32",
      shape: tensor.shape,
      data: bytesOf(tensor),
    })),
  );
}

/** Writes what the peer reads; the job's path and where its numbers will lie. */
async function jobFiles(folder: string, one: Task) {
  const at = (name: string) => join(folder, `${one.kind}-${name}`);
  await writeFile(at("weights"), await safetensors(one.weights));
  await writeFile(at("inputs"), await safetensors(Object.entries(one.inputs)));
  const { kind, batch } = one;
  const files = { weights: at("weights"), inputs: at("inputs"), outputs: at("outputs") };
  await writeFile(at("job.json"), JSON.stringify({ kind, variant, batch, threads, ...files }));
  return { job: at("job.json"), outputs: files.outputs };
}

/** The largest difference of any output, as a share of that output's largest number. */
async function difference(ours: Readonly<Record<string, Tensor>>, path: string): Promise<string> {
  const theirs = await openSafetensors(bytesSource(await readFile(path)));
  let worst = { share: 0, name: "" };
  for (const [name, { data }] of Object.entries(ours)) {
    if (!theirs.entries.has(name)) continue;
    const other = await theirs.float32(name);
    let [largest, apart] = [0, 0];
    for (let i = 0; i < data.length; i++) {
      largest = Math.max(largest, Math.abs(Number(data[i])));
      apart = Math.max(apart, Math.abs(Number(data[i]) - Number(other[i])));
    }
    if (apart / largest >= worst.share) worst = { share: apart / largest, name };
  }
  return `${worst.share.toExponential(1)} (${worst.name})`;
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

async function compare(kind: Task["kind"], folder: string): Promise<void> {
  const one = await task(kind);
  const { job, outputs } = await jobFiles(folder, one);
  const peer = await Peer.start(job);
  if (!peer) {
    console.log(`${one.title}: PyTorch is absent`);
    return one.session.dispose();
  }
  const feeds = { ...Object.fromEntries(one.weights), ...one.inputs };
  const ours = await one.session.compute(feeds);
  const rows: { mine: number; theirs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const mine = await timed(() => one.session.compute(feeds));
    rows.push({ mine: mine[clock], theirs: (await peer.turn())[clock] });
  }
  const { name, version, blas } = (await peer.end())!;
  await one.session.dispose();
  const ratios = rows.map(({ mine, theirs }) => theirs / mine);
  console.log(
    `${one.title}: ${median(rows.map(({ mine }) => mine)).toFixed(1)} ms; ${name} ${version} (${blas}) ` +
      `${median(rows.map(({ theirs }) => theirs)).toFixed(1)} ms; ${median(ratios).toFixed(2)} times faster ` +
      `(${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}); numbers apart ${await difference(ours, outputs)}`,
  );
}

console.log(`${rounds} rounds, ${threads} threads, ${clock === "ms" ? "wall clock" : "processor time"}`);
const folder = await mkdtemp(join(tmpdir(), "lorat-torch-"));
try {
  await compare("network", folder);
  await compare("step", folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
