import { stat } from "node:fs/promises";
import { availableParallelism, freemem } from "node:os";
import { join } from "node:path";
import { modelFiles } from "@lorat/core/weights";
import { resolveDevice } from "@lorat/graph";
import { modelFolderPath } from "../../trackers/model/model-path.ts";
import type { TrackerSpec } from "../../trackers/tracker-spec.ts";

/** Sequences at a time, and threads inside the operators of each one's network. */
export interface WorkerCount {
  readonly workers: number;
  readonly threads: number;
}

/** ONNX Runtime keeps a packed copy of the weights for each session. */
const COPIES = 2;
/** Frames, crops, and a network's own memory. */
const ROOM_BYTES = 300 * 2 ** 20;
const MEMORY_SHARE = 0.7;

/**
 * How many sequences to track at a time where nothing else is asked for: on a CPU one for each core and one thread for each,
 * as far as memory goes, since small networks share their operators badly (a batch gains little, and would make a sequence's
 * numbers depend on those beside it); on other devices, and for programs, which may use one, a single one.
 */
export async function workerCount(
  spec: TrackerSpec,
  tasks: number,
  asked: Partial<WorkerCount> = {},
): Promise<WorkerCount> {
  const cores = availableParallelism();
  const usual = await usualWorkers(spec, cores);
  const workers = Math.max(Math.min(asked.workers ?? usual, tasks), 1);
  return { workers, threads: asked.threads ?? Math.max(Math.floor(cores / workers), 1) };
}

async function usualWorkers(spec: TrackerSpec, cores: number): Promise<number> {
  if (spec.kind === "command") return 1;
  if (spec.kind === "module") return cores;
  if ((await resolveDevice(spec.device)) !== "cpu") return 1;
  if (spec.kind === "nanotrack" || spec.kind === "vittrack") return cores;
  const { size } = await stat(join(await modelFolderPath(spec.model), modelFiles.weights));
  return Math.min(cores, Math.floor((MEMORY_SHARE * freemem()) / (COPIES * size + ROOM_BYTES)));
}
