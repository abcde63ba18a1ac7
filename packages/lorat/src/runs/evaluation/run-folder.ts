import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { formatBox } from "../../datasets/boxes/boxes-file.ts";
import type { EvalSequence, TrackedSequence } from "../../datasets/eval-sequence.ts";

import { shiftToFile } from "../../datasets/pixel-origin.ts";
import { writeWhole } from "../../files/pending-file.ts";
import { lockRun } from "../run-lock.ts";
import { checkSame, type EvaluationRecord, RECORD_FILE, readRecord, writeRecord } from "./run-record.ts";

/** One run of a tracker over one sequence. */
export interface EvalTask {
  readonly sequence: EvalSequence;
  /** From 1. */
  readonly run: number;
}

/** An evaluation's folder, locked by this process. */
export interface RunFolder {
  /** Whether a task's results are there whole. */
  isDone(task: EvalTask): Promise<boolean>;
  /** Writes a task's files beside their places and renames them, the boxes last: they show that it is done. */
  write(task: EvalTask, tracked: TrackedSequence): Promise<void>;
  release(): Promise<void>;
}

/** Folders of result files: boxes, seconds a frame, confidences. */
export const RUN_FOLDERS = { results: "results", times: "times", scores: "scores" } as const;

/** What a killed process leaves: files on their way, and its lock on its way. */
const LEFT_BEHIND = /\.\d+\.partial$|^lock\.json\.\d+$/;

/**
 * Takes a folder for an evaluation: a new one, or one in which the same evaluation was begun. What a killed process left half
 * written is removed. Throws `EVAL_CHANGED`, `EVAL_RECORD`, `EVAL_FOLDER` for a folder with other things in it, `RUN_LOCKED`
 * while another process works there, `OUTPUT_UNWRITABLE`.
 */
export async function openRunFolder(folder: string, record: EvaluationRecord): Promise<RunFolder> {
  const release = await lockRun(folder, "evaluating");
  try {
    const then = await readRecord(folder);
    if (then) checkSame(then, record, folder);
    else await checkEmpty(folder);
    await removePartials(folder);
    if (!then) await writeRecord(folder, record);
  } catch (error) {
    await release();
    throw error;
  }
  const pathOf = (kind: keyof typeof RUN_FOLDERS, { sequence, run }: EvalTask) =>
    join(folder, RUN_FOLDERS[kind], ...(record.repeat > 1 ? [runName(run)] : []), `${sequence.name}.txt`);
  return {
    release,
    async isDone(task) {
      const text = await readFile(pathOf("results", task), "utf8").catch(() => "");
      return text.split("\n").length - 1 === task.sequence.frames.count;
    },
    async write(task, { boxes, scores, seconds }) {
      const { kind } = task.sequence;
      await writeLines(pathOf("times", task), scores.length, (i) => seconds[i]!.toFixed(8));
      await writeLines(pathOf("scores", task), scores.length, (i) => scores[i]!.toFixed(6));
      await writeLines(pathOf("results", task), scores.length, (i) => {
        const [x, y, width, height] = boxes.subarray(4 * i, 4 * i + 4) as unknown as number[];
        const shift = shiftToFile(kind, { width: width!, height: height! });
        return formatBox({ x: x! + shift, y: y! + shift, width: width!, height: height! });
      });
    },
  };
}

/** `run_001`: names that readers of results know as repeated runs. */
export function runName(run: number): string {
  return `run_${String(run).padStart(3, "0")}`;
}

async function writeLines(path: string, count: number, line: (i: number) => string): Promise<void> {
  const lines = Array.from({ length: count }, (_, i) => `${line(i)}\n`);
  await writeWhole(path, lines.join(""), { force: true });
}

async function checkEmpty(folder: string): Promise<void> {
  const names = await readdir(folder);
  const others = names.filter((name) => name !== "lock.json" && !LEFT_BEHIND.test(name));
  if (others.length === 0) return;
  const shown = [...others.slice(0, 3), ...(others.length > 3 ? [`${others.length - 3} more`] : [])];
  throw new LoratError(
    "EVAL_FOLDER",
    `${folder} is not an evaluation's folder: expected ${RECORD_FILE}, found ${shown.join(", ")}`,
    { hint: "Choose a new folder with --out." },
  );
}

async function removePartials(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && LEFT_BEHIND.test(entry.name)) await rm(join(entry.parentPath, entry.name));
  }
}
