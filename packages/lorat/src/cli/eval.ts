import { PROTOCOL_NAMES, type Precision, type ProtocolName } from "@lorat/core";
import type { Device } from "@lorat/graph";
import { Command, InvalidArgumentError, Option } from "commander";
import type { EvalPlan, EvaluateOptions, Evaluation } from "../evaluate/run/evaluate.ts";
import type { Ranks } from "../mpi/ranks.ts";
import { usageError } from "./errors.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { deviceOption, precisionOption, threadsOption } from "./network-options.ts";
import { createProgress, type Progress } from "./progress.ts";
import { type RankFlags, rankOptions, withRanksOfJob } from "./ranks.ts";

interface EvalFlags extends RankFlags {
  readonly dataset: string;
  readonly split?: string;
  readonly list?: string;
  readonly sequences?: string;
  readonly model: string;
  readonly adapter?: string;
  readonly tracker?: string;
  readonly timeout?: number;
  readonly out: string;
  readonly device: Device;
  readonly precision: Precision;
  readonly redetect?: boolean;
  readonly workers?: number;
  readonly threads?: number;
  readonly repeat: number;
  readonly protocol: ProtocolName;
  readonly json?: boolean;
}

/** `lorat eval`: a tracker over a benchmark, in a run that can be stopped and continued at any time. */
export function evalCommand(): Command {
  const command = new Command("eval")
    .description("run a tracker over a benchmark; started again, it goes on where it stopped")
    .requiredOption("--dataset <kind:path>", "the benchmark with its pictures")
    .requiredOption("--out <run>", "folder for result files, one a sequence, with times and scores")
    .option("--split <name>", "part of the dataset (default: the one that results are for)")
    .option("--list <file>", "file that lists sequences, by name or position")
    .option("--sequences <a,b>", "run these sequences only")
    .option("--model <model>", "name of a model that comes with lorat, or a model folder", "nano")
    .option("--adapter <file>", "adapter for that model, as lorat finetune writes them")
    .option(
      "--tracker <tracker>",
      "in place of a model: a command that speaks TraX, a module with init and update, nanotrack:DIR or vittrack:FILE",
    )
    .option("--timeout <seconds>", "longest wait for an answer of a command", positive)
    .addOption(deviceOption())
    .addOption(precisionOption())
    .option("--redetect", "look for a lost target in the whole frame; without it the loop is the reference's")
    .option("--workers <n>", "sequences at a time (default: one for each core on a CPU, else 1)", count)
    .addOption(threadsOption("threads inside the operators of each, CPU only (default: cores / workers)"))
    .option("--repeat <n>", "times that the tracker runs over each sequence", count, 1)
    .addOption(
      new Option("--protocol <name>", "conventions of the metric")
        .choices([...PROTOCOL_NAMES])
        .default("stark"),
    )
    .option("--json", "print the scores as one JSON object, as lorat score does")
    .action((flags: EvalFlags) => withRanksOfJob(flags, (ranks) => runEval(flags, ranks)));
  for (const option of rankOptions()) command.addOption(option);
  return command;
}

async function runEval(flags: EvalFlags, ranks: Ranks | undefined): Promise<void> {
  const { evaluate, evaluateOnRanks } = await import("../evaluate/run/evaluate.ts");
  const { workers, threads, repeat, out, dataset, split, list } = flags;
  const tracker = await trackerOf(flags);
  const interruption = listenForInterrupt();
  let progress: Progress | undefined;
  let evaluation: Evaluation | undefined;
  try {
    const options: EvaluateOptions = {
      ...{ dataset, split, list, tracker, workers, threads, repeat, folder: out },
      sequences: flags.sequences?.split(",").map((name) => name.trim()),
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

async function trackerOf({
  tracker,
  model,
  adapter,
  device,
  precision,
  redetect = false,
  timeout,
}: EvalFlags) {
  if (tracker === undefined) {
    if (timeout !== undefined) throw usageError("--timeout is for commands, given with --tracker");
    const network = { model, device, precision, redetect };
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

function quoted(word: string): string {
  return /^[\w./~+@%:,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 1 on.");
  return Number(text);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}
