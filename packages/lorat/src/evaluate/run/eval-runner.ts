import sharp from "sharp";
import type { EvalSequence, TrackedSequence } from "../../datasets/eval-sequence.ts";
import { builtFile, requireScript } from "../../threads/built-file.ts";
import { WorkerThread } from "../../threads/worker-thread.ts";
import type { FollowOptions } from "../../trackers/follow.ts";
import { type OpenedTracker, openTracker } from "../../trackers/open-tracker.ts";
import type { TrackerSpec } from "../../trackers/tracker-spec.ts";
import { trackSequence } from "./track-sequence.ts";

/** What a thread is started with. */
export interface EvalJob {
  readonly spec: TrackerSpec;
  /** Inside a network's operators. */
  readonly threads: number | undefined;
}

/** To a thread; answered by the sequence when it is tracked. */
export type EvalOrder = { readonly kind: "open" } | { readonly kind: "run"; readonly sequence: EvalSequence };

/** From a thread while it tracks: pictures done. */
export type EvalNews = number;

/** Gives up the sequence in flight. */
export type EvalNote = "stop";

/** Runs one sequence at a time; several of them run side by side. */
export interface EvalRunner {
  /** Opens the tracker, so that what is wrong with it is told before any sequence. Throws what {@link openTracker} throws. */
  open(): Promise<void>;
  run(sequence: EvalSequence, options: FollowOptions): Promise<TrackedSequence>;
  /** True for a thread that died. */
  hasEnded(): boolean;
  close(): Promise<void>;
}

/** Runs in this thread. */
export function inlineRunner({ spec, threads }: EvalJob): EvalRunner {
  // Files are named to the decoder, which would otherwise keep an old picture where a file was replaced.
  sharp.cache(false);
  let opened: Promise<OpenedTracker> | undefined;
  const open = () => (opened ??= openTracker(spec, threads));
  return {
    open: async () => void (await open()),
    run: async (sequence, options) => trackSequence(await open(), sequence, options),
    hasEnded: () => false,
    close: async () => (await opened?.catch(() => undefined))?.dispose(),
  };
}

/** Runs in a worker thread. Throws `EVAL_NOT_BUILT` when the worker's file is missing; `run` throws `EVAL_FAILED` when it ends. */
export function threadRunner(job: EvalJob, file: URL = builtFile("evaluate/run/eval-worker")): EvalRunner {
  requireScript(
    file,
    "EVAL_NOT_BUILT",
    "the evaluation's worker",
    "Run `npm run build`, or use --parallel 1.",
  );
  const thread = new WorkerThread<EvalOrder, TrackedSequence | undefined, EvalNews, EvalNote>(file, job, {
    code: "EVAL_FAILED",
    name: "an evaluation thread",
  });
  return {
    open: async () => void (await thread.ask({ kind: "open" })),
    async run(sequence, { signal, onPicture }) {
      signal?.throwIfAborted();
      const stop = () => thread.tell("stop");
      signal?.addEventListener("abort", stop);
      try {
        return (await thread.ask({ kind: "run", sequence }, { onNews: onPicture }))!;
      } catch (error) {
        throw signal?.aborted ? signal.reason : error;
      } finally {
        signal?.removeEventListener("abort", stop);
      }
    },
    hasEnded: () => thread.hasEnded,
    async close() {
      thread.tell("stop");
      await thread.close();
    },
  };
}
