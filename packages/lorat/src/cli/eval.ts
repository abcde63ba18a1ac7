import { Command } from "@commander-js/extra-typings";
import type { EvalPlan, EvaluateOptions, Evaluation } from "../evaluate/run/evaluate.ts";
import type { Ranks } from "../mpi/ranks.ts";
import { usageError } from "./errors.ts";
import { listenForInterrupt } from "./interrupt.ts";
import {
  adapterOption,
  deviceOption,
  modelOption,
  precisionOption,
  redetectOption,
  threadsOption,
} from "./network-options.ts";
import { createProgress, type Progress } from "./progress.ts";
import { mpiOption, mpirunOption, ranksOption, withRanksOfJob } from "./ranks.ts";
import { protocolOption, splitOption } from "./result-options.ts";
import { count, positive, quoted, words } from "./values.ts";

/** `lorat eval`: a tracker over a benchmark, in a run that can be stopped and continued at any time. */
export function evalCommand() {
  return withOptions().action((flags) => withRanksOfJob(flags, (ranks) => runEval(flags, ranks)));
}

type EvalFlags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return new Command("eval")
    .description("run a tracker over a benchmark; started again, it goes on where it stopped")
    .requiredOption("--dataset <kind:path>", "the benchmark with its pictures")
    .requiredOption("--out <path>", "folder for result files, one for each sequence, with times and scores")
    .addOption(splitOption())
    .option("--sequences <names>", "run these sequences only: names or positions, separated by commas", words)
    .option("--sequences-from <file>", "the same from a file, one a line")
    .addOption(modelOption())
    .addOption(adapterOption())
    .option(
      "--tracker <tracker>",
      "in place of a model: a command that speaks TraX, a module with init and update, nanotrack:DIR or vittrack:FILE",
    )
    .option("--timeout <seconds>", "longest wait for an answer of a command", positive)
    .addOption(deviceOption())
    .addOption(precisionOption())
    .addOption(redetectOption())
    .option("--parallel <number>", "sequences at a time (default: one for each core on a CPU, else 1)", count)
    .addOption(threadsOption("cores / sequences at a time"))
    .addOption(ranksOption())
    .addOption(mpirunOption())
    .addOption(mpiOption())
    .option("--repeat <number>", "times that the tracker runs over each sequence", count, 1)
    .addOption(protocolOption())
    .option("--json", "print the scores as one JSON object, as lorat score does");
}

async function runEval(flags: EvalFlags, ranks: Ranks | undefined): Promise<void> {
  const { evaluate, evaluateOnRanks } = await import("../evaluate/run/evaluate.ts");
  const { parallel: workers, threads, repeat, out, dataset, split, sequences, sequencesFrom: list } = flags;
  const tracker = await trackerOf(flags);
  const interruption = listenForInterrupt();
  let progress: Progress | undefined;
  let evaluation: Evaluation | undefined;
  try {
    const options: EvaluateOptions = {
      ...{ dataset, split, list, sequences, tracker, workers, threads, repeat, folder: out },
      signal: interruption.signal,
      onStart: (plan) => {
        console.error(planLine(plan, out));
        progress = createProgress({ label: "tracking", total: plan.frames, unit: "frames" });
      },
      onProgress: ({ frames, tasks }) => progress?.update(frames, `${tasks} sequences finished`),
    };
    evaluation = ranks ? await evaluateOnRanks({ ...options, ranks }) : await evaluate(options);
    if (!evaluation) {
      process.exitCode = interruption.status();
      return;
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    console.error("stopped before the first sequence");
    process.exitCode = interruption.status();
    return;
  } finally {
    progress?.done();
    interruption.release();
  }
  if (!evaluation.finished && !(evaluation.failure && !interruption.signal.aborted)) {
    const { tasks, plan } = evaluation;
    console.error(`stopped: ${tasks} of ${plan.tasks} runs over sequences are finished in ${out}`);
    console.error(`go on with the same command: lorat ${process.argv.slice(2).map(quoted).join(" ")}`);
    process.exitCode = interruption.status();
    return;
  }
  const { printEvaluation } = await import("./eval-report.ts");
  await printEvaluation(evaluation, { folder: out, protocol: flags.protocol, json: flags.json ?? false });
  // The others are scored; what failed is the command's error.
  if (evaluation.failure) throw evaluation.failure;
}

async function trackerOf({ tracker, model, adapter, device, precision, redetect, timeout }: EvalFlags) {
  if (tracker === undefined) {
    if (timeout !== undefined) throw usageError("--timeout is for commands, given with --tracker");
    const network = { model, device, precision, redetect: redetect ?? false };
    return { kind: "model" as const, ...network, adapter };
  }
  if (redetect) throw usageError("--redetect is for models, and --tracker takes a model's place");
  if (adapter !== undefined) throw usageError("--adapter is for models, and --tracker takes a model's place");
  if (precision !== "fp32")
    throw usageError("--precision is for models, and --tracker takes a model's place");
  const { parseTracker } = await import("../trackers/tracker-spec.ts");
  const spec = parseTracker(tracker, { device });
  if (spec.kind !== "command") return spec;
  return { ...spec, timeoutSeconds: timeout };
}

function planLine({ record, tasks, finished, workers }: EvalPlan, out: string): string {
  const { dataset, tracker, repeat } = record;
  const times = repeat > 1 ? `, ${repeat} times each` : "";
  const what = `${tracker.name} over ${dataset.sequences} sequences of ${dataset.kind} (${dataset.frames} frames)${times}`;
  if (finished === tasks) return `${what}: all finished before, in ${out}`;
  const before = finished > 0 ? `; ${finished} of ${tasks} were finished before` : "";
  return `${what}, ${workers} at a time, into ${out}${before}`;
}
