import { createHash } from "node:crypto";
import type { Exchange, TrainingEngine, TrainingProgress } from "@lorat/core/training";
import { bytesOf, float32, LoratError, type Shape, type Tensor } from "@lorat/graph";
import { codeFingerprint } from "../mpi/code-fingerprint.ts";
import { HalfExchange } from "../mpi/half-exchange.ts";
import type { Ranks } from "../mpi/ranks.ts";
import type { Checkpoint } from "../runs/checkpoint.ts";
import type { StepRecord } from "../runs/records.ts";
import { differences } from "../runs/run-start.ts";

/** How gradients go between ranks: in single precision, or in half with what rounding lost added to the next ones. */
export type Compression = "none" | "fp16";

/** Runs something on the first rank alone, or right here without ranks; an error is every rank's. */
export async function onFirst<T>(ranks: Ranks | undefined, work: () => Promise<T>): Promise<T | undefined> {
  return ranks ? ranks.onFirst(work) : work();
}

/** Runs something on every rank; where one fails, all do. */
export async function withRanks<T>(ranks: Ranks | undefined, work: () => Promise<T>): Promise<T> {
  return ranks ? ranks.together(work) : work();
}

/** The exchange of a training. */
export function exchangeBetween(ranks: Ranks, compression: Compression = "none"): Exchange {
  const { communicator } = ranks;
  const halves = compression === "fp16" ? new HalfExchange(communicator) : undefined;
  return {
    rank: ranks.rank,
    ranks: ranks.ranks,
    sum: (values) => communicator.sum(values),
    sumGradients: (gradients) => (halves ?? communicator).sum(gradients),
  };
}

/**
 * A checkpoint that the first rank reads, on all of them: the others need not see the run's folder, or see it as it is now,
 * where a file system shows a new file late.
 */
export async function sharedCheckpoint(
  ranks: Ranks | undefined,
  read: () => Promise<Checkpoint | undefined>,
): Promise<Checkpoint | undefined> {
  if (!ranks) return read();
  const own = await ranks.onFirst(read);
  const outline = await ranks.fromFirst<CheckpointOutline | null>(
    own
      ? {
          progress: own.progress,
          skipped: own.skipped,
          shapes: [...own.tensors].map(([name, { shape }]) => [name, shape]),
        }
      : null,
  );
  if (!outline) return undefined;
  const tensors = new Map<string, Tensor<"float32">>();
  for (const [name, shape] of outline.shapes) {
    const size = shape.reduce((a, b) => a * b, 1);
    const tensor = own?.tensors.get(name) ?? float32(new Float32Array(size), shape);
    await ranks.communicator.broadcast(bytesOf(tensor));
    tensors.set(name, tensor);
  }
  return { progress: outline.progress, skipped: outline.skipped, tensors };
}

interface CheckpointOutline {
  readonly progress: TrainingProgress;
  readonly skipped: number;
  readonly shapes: readonly (readonly [string, Shape])[];
}

/** Throws `RANKS_DIFFER`, every difference in `issues`, unless all ranks run the same code on the same configuration and data. */
export async function checkSameRun(
  ranks: Ranks,
  config: object,
  sources: Readonly<Record<string, string>>,
): Promise<void> {
  const all = await ranks.all({ code: await codeFingerprint(), configuration: config, fingerprint: sources });
  const issues = all.flatMap((one, rank) => differences(all[0], one, "", ["on rank 0", `on rank ${rank}`]));
  await ranks.together(async () => {
    if (issues.length === 0) return;
    throw new LoratError("RANKS_DIFFER", `the ranks would not train the same: ${issues.join("; ")}`, {
      issues,
      hint: "install the same version of lorat everywhere, and give every rank the same options and data",
    });
  });
}

/** Throws `RANKS_APART` unless all ranks hold the same parameters to the last bit. */
export async function requireEqual(ranks: Ranks, engine: TrainingEngine): Promise<void> {
  const hash = createHash("sha256");
  const { tensors } = await engine.state();
  for (const { name } of engine.trainable) hash.update(bytesOf(tensors.get(name)!));
  const all = await ranks.all(hash.digest("hex"));
  const apart = all.flatMap((one, rank) => (one === all[0] ? [] : [rank]));
  await ranks.together(async () => {
    if (apart.length === 0) return;
    throw new LoratError(
      "RANKS_APART",
      `the parameters of rank ${apart.join(", ")} are not those of rank 0 after step ${engine.progress.step}`,
      {
        hint: "ranks must be processors that compute alike; go on from the last checkpoint with --resume, on machines of one kind",
      },
    );
  });
}

/** Whether to stop: where one rank is asked to, all do, after the same step. */
export async function agreedStop(
  ranks: Ranks | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!ranks) return signal?.aborted ?? false;
  const asked = Float64Array.of(signal?.aborted ? 1 : 0);
  await ranks.communicator.sum(asked);
  return asked[0]! > 0;
}

/** Starts to watch what one step sends; the function given tells it. */
export function stepTraffic(
  ranks: Ranks | undefined,
): () => Pick<StepRecord, "ranks" | "exchangedMb" | "exchangeSeconds" | "exchangeWaitSeconds"> {
  if (!ranks) return () => ({});
  const before = ranks.communicator.traffic;
  const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
  return () => {
    const now = ranks.communicator.traffic;
    return {
      ranks: ranks.ranks,
      exchangedMb: rounded((now.bytes - before.bytes) / 1e6, 3),
      exchangeSeconds: rounded(now.seconds - before.seconds, 5),
      exchangeWaitSeconds: rounded(now.waited - before.waited, 5),
    };
  };
}
