import { LoratError } from "@lorat/graph";
import { type EvalChoice, type EvalSet, openEvalSet } from "../../datasets/open-eval-set.ts";
import { Problems } from "../../datasets/problems.ts";
import type { Ranks } from "../../mpi/ranks.ts";
import { type EvalTask, openRunFolder, type RunFolder } from "../../runs/evaluation/run-folder.ts";
import { type EvaluationRecord, recordDifferences, recordOf } from "../../runs/evaluation/run-record.ts";
import { identifyTracker, type TrackerSpec } from "../../trackers/tracker-spec.ts";
import { type EvalRunner, inlineRunner, threadRunner } from "./eval-runner.ts";
import { rankRunner, serveRunner } from "./rank-runner.ts";
import { type WorkerCount, workerCount } from "./worker-count.ts";

/** What runs over what, into which folder. */
export interface EvaluateOptions extends EvalChoice {
  readonly tracker: TrackerSpec;
  /** Folder of the run; what is finished in it is not done again. */
  readonly folder: string;
  /** Times that the tracker runs over each sequence; default: 1. */
  readonly repeat?: number | undefined;
  /** The ranks that track together; each of them calls this with the same options. The first one alone writes. */
  readonly ranks?: Ranks | undefined;
  /** Sequences at a time, of each rank; 1 runs in this thread. Default: see `workerCount`; 1 with ranks. */
  readonly workers?: number | undefined;
  /** Threads inside the operators of each one's network. */
  readonly threads?: number | undefined;
  /** Gives up the sequences in flight; what is finished stays. */
  readonly signal?: AbortSignal | undefined;
  /** Told before the first frame. */
  readonly onStart?: ((plan: EvalPlan) => void) | undefined;
  readonly onProgress?: ((progress: EvalProgress) => void) | undefined;
  /** Built worker to use in place of the package's own; for tests. */
  readonly workerFile?: URL | undefined;
}

/** What there is to do. */
export interface EvalPlan extends WorkerCount {
  readonly record: EvaluationRecord;
  /** Runs over sequences, and how many of them were finished before. */
  readonly tasks: number;
  readonly finished: number;
  /** Frames that are left. */
  readonly frames: number;
}

interface EvalProgress {
  /** Of the frames that were left. */
  readonly frames: number;
  /** Of all runs over sequences, those from before included. */
  readonly tasks: number;
}

/** What an evaluation did. */
export interface Evaluation {
  readonly set: EvalSet;
  readonly plan: EvalPlan;
  /** False after the signal, and where sequences failed. */
  readonly finished: boolean;
  /** What kept sequences from being tracked while others were finished. */
  readonly failure?: LoratError;
  /** Finished runs over sequences. */
  readonly tasks: number;
}

/** Where the first sequences all fail, so would the others. */
const FIRST_FAILURES = 3;

/**
 * Runs a tracker over a dataset (one-pass evaluation), one result file a sequence, each written when it is finished; started
 * again in the same folder it goes on where it stopped.
 *
 * Throws what `openEvalSet`, `identifyTracker`, `openRunFolder` and the tracker's opening throw. A sequence that cannot be
 * tracked does not keep others from it: such errors are the evaluation's `failure`, `EVAL_FAILED` where they are several, and
 * thrown where no sequence at all is finished.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { tracker: spec, folder, repeat = 1, signal } = options;
  const set = await openEvalSet(options, signal);
  const record = await recordOf(set, await identifyTracker(spec), repeat);
  const runFolder = await openRunFolder(folder, record);
  return inFolder(runFolder, set, record, options);
}

/**
 * {@link evaluate} on several ranks: the first one hands the sequences out, the longest first, to whichever is free, itself among
 * them, and writes all files; gives its evaluation, and undefined on the others. Throws `RANKS_DIFFER` where the ranks do not see
 * the same dataset, tracker and version.
 */
export async function evaluateOnRanks(
  options: EvaluateOptions & { readonly ranks: Ranks },
): Promise<Evaluation | undefined> {
  const { ranks, tracker: spec, folder, repeat = 1, signal } = options;
  const { communicator } = ranks;
  const { set, record } = await ranks.together(async () => {
    const set = await openEvalSet(options, signal);
    return { set, record: await recordOf(set, await identifyTracker(spec), repeat) };
  });
  const records = await ranks.all(record);
  const issues = records.flatMap((other, k) =>
    recordDifferences(record, other, ["on rank 0", `on rank ${k}`]),
  );
  await ranks.together(async () => {
    if (issues.length === 0) return;
    throw new LoratError("RANKS_DIFFER", `the ranks would not evaluate the same: ${issues.join("; ")}`, {
      issues,
      hint: "install the same version of lorat everywhere, and give every rank the same dataset and tracker",
    });
  });
  const { workers = 1, threads = 1 } = options;
  const { sequences } = set;
  const slots = Array.from({ length: workers }, (_, slot) => ({ communicator, slot, sequences }));
  if (!ranks.isFirst) {
    const runner = () =>
      workers === 1 ? inlineRunner({ spec, threads }) : threadRunner({ spec, threads }, options.workerFile);
    await Promise.all(slots.map((slot) => serveRunner(slot, runner())));
  }
  return ranks.onFirst(async () => {
    const others = Array.from({ length: ranks.ranks - 1 }, (_, k) =>
      slots.map((slot) => rankRunner(slot, k + 1)),
    ).flat();
    try {
      const runFolder = await openRunFolder(folder, record);
      return await inFolder(runFolder, set, record, { ...options, workers, threads }, others);
    } finally {
      await Promise.all(others.map((runner) => runner.close()));
    }
  });
}

/** What there is to do in a folder, done. */
async function inFolder(
  runFolder: RunFolder,
  set: EvalSet,
  record: EvaluationRecord,
  options: EvaluateOptions,
  onRanks: readonly EvalRunner[] = [],
): Promise<Evaluation> {
  const { tracker: spec, repeat = 1, onStart } = options;
  try {
    const all = tasksOf(set, repeat);
    const left: EvalTask[] = [];
    for (const task of all) if (!(await runFolder.isDone(task))) left.push(task);
    const count = await workerCount(spec, left.length, options);
    const frames = left.reduce((sum, { sequence }) => sum + sequence.frames.count, 0);
    const plan = { record, tasks: all.length, finished: all.length - left.length, frames, ...count };
    onStart?.(plan);
    const { finished, failure } =
      left.length > 0 ? await runAll(left, runFolder, plan, options, onRanks) : { finished: 0 };
    const tasks = plan.finished + finished;
    if (failure && tasks === 0) throw failure;
    return { set, plan, finished: tasks === all.length, tasks, failure };
  } finally {
    await runFolder.release();
  }
}

/** Each sequence as often as it is to be run, the longest first, so that none is left to run alone at the end. */
function tasksOf({ sequences }: EvalSet, repeat: number): EvalTask[] {
  const ordered = [...sequences].sort((a, b) => b.frames.count - a.frames.count);
  return Array.from({ length: repeat }, (_, k) =>
    ordered.map((sequence) => ({ sequence, run: k + 1 })),
  ).flat();
}

/** Runs tasks, several at a time; gives how many were finished, and what kept others from it. */
async function runAll(
  tasks: readonly EvalTask[],
  runFolder: RunFolder,
  plan: EvalPlan,
  { tracker, folder, signal, onProgress, workerFile }: EvaluateOptions,
  onRanks: readonly EvalRunner[],
): Promise<{ finished: number; failure?: LoratError }> {
  const job = { spec: tracker, threads: plan.threads };
  const isAlone = plan.workers === 1 && onRanks.length === 0;
  const here = Array.from({ length: plan.workers }, () =>
    isAlone ? inlineRunner(job) : threadRunner(job, workerFile),
  );
  const runners = [...here, ...onRanks];
  const queue = [...tasks];
  const inFlight = new Map<EvalTask, number>();
  const problems = new Problems();
  let frames = 0;
  let finished = 0;
  const tell = () => {
    const partly = [...inFlight.values()].reduce((sum, done) => sum + done, 0);
    onProgress?.({ frames: frames + partly, tasks: plan.finished + finished });
  };

  async function work(runner: EvalRunner): Promise<void> {
    const goesOn = () =>
      !signal?.aborted && !runner.hasEnded() && !(finished === 0 && problems.count >= FIRST_FAILURES);
    while (goesOn()) {
      const current = queue.shift();
      if (!current) return;
      const { sequence } = current;
      const onPicture = (done: number) => {
        inFlight.set(current, done);
        tell();
      };
      try {
        const written = await problems.collect(async () => {
          const tracked = await runner.run(sequence, { signal, onPicture });
          await runFolder.write(current, tracked);
          return true;
        });
        if (written) finished++;
        frames += sequence.frames.count;
      } catch (error) {
        if (!signal?.aborted) throw error;
      } finally {
        inFlight.delete(current);
      }
      tell();
    }
  }

  try {
    await Promise.all(runners.map((runner) => runner.open()));
    await Promise.all(runners.map(work));
  } finally {
    queue.length = 0;
    await Promise.all(here.map((runner) => runner.close()));
  }
  try {
    const what = `${problems.count} of ${tasks.length} runs over sequences failed; ${plan.finished + finished} of ${plan.tasks} are finished in ${folder}`;
    problems.finish("EVAL_FAILED", what, "Started again with the same options, it runs those that are left.");
    return { finished };
  } catch (error) {
    if (error instanceof LoratError) return { finished, failure: error };
    throw error;
  }
}
