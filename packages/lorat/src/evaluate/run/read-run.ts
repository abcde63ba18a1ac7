import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { readBoxes } from "../../datasets/boxes/read-boxes.ts";
import { type EvalSet, openEvalSet } from "../../datasets/open-eval-set.ts";
import { shiftToFile } from "../../datasets/pixel-origin.ts";
import { RUN_FOLDERS, runName } from "../../runs/evaluation/run-folder.ts";
import { RECORD_FILE, readRecord } from "../../runs/evaluation/run-record.ts";
import type { ExportInput, ExportSequence } from "../exports/index.ts";

/**
 * A finished evaluation's results as exports take them: pixels counted from 0, whatever its files count from. The dataset is
 * opened again to know its sequences. Throws `EVAL_RECORD` for a folder without a record, `EVAL_UNFINISHED` naming what is
 * missing, `EVAL_CHANGED` when the dataset is another one now, and what opening the dataset throws.
 */
export async function readEvaluation(folder: string, tracker?: string): Promise<ExportInput> {
  const record = await readRecord(folder);
  if (!record) {
    throw new LoratError("EVAL_RECORD", `${folder} holds no evaluation: there is no ${RECORD_FILE}`, {
      hint: "lorat eval --out FOLDER makes one",
    });
  }
  const { kind, path, splits, fingerprint } = record.dataset;
  const set = await openEvalSet({ dataset: `${kind}:${path}`, split: splits.join(",") || undefined });
  requireSame(set, fingerprint, folder);
  const missing: string[] = [];
  const runs: ExportSequence[][] = [];
  for (let run = 1; run <= record.repeat; run++) {
    const inRun = record.repeat > 1 ? [runName(run)] : [];
    const fileOf = (kind: keyof typeof RUN_FOLDERS, name: string) =>
      join(folder, RUN_FOLDERS[kind], ...inRun, `${name}.txt`);
    const sequences: ExportSequence[] = [];
    for (const { name } of set.sequences) {
      const boxes = await readBoxes(fileOf("results", name)).catch((error: LoratError) => {
        if (error.code !== "BOXES_NOT_FOUND") throw error;
        missing.push([...inRun, name].join("/"));
        return [];
      });
      const seconds = (await readFile(fileOf("times", name), "utf8").catch(() => "")).trim();
      sequences.push({
        name,
        corners: Float64Array.from(
          boxes.flatMap(({ x, y, width, height }) => {
            const shift = shiftToFile(set.kind, { width, height });
            return [x - shift, y - shift, x - shift + width, y - shift + height];
          }),
        ),
        seconds: seconds === "" ? undefined : Float64Array.from(seconds.split(/\s+/), Number),
      });
    }
    runs.push(sequences);
  }
  if (missing.length > 0) {
    const shown = missing.slice(0, 5).join(", ");
    throw new LoratError(
      "EVAL_UNFINISHED",
      `${folder} lacks ${missing.length} of its result files: ${shown}${missing.length > 5 ? ", …" : ""}`,
      { issues: missing, hint: "the same lorat eval command goes on where it stopped" },
    );
  }
  return { tracker: tracker ?? record.tracker.name, kind: set.kind, runs };
}

function requireSame(set: EvalSet, fingerprint: string, folder: string): void {
  if (set.fingerprint === fingerprint) return;
  throw new LoratError(
    "EVAL_CHANGED",
    `${folder} is of a part of ${set.kind}:${set.path}, or the dataset has changed since`,
    {
      hint: "submissions are made of whole parts of a dataset, run without --sequences and --sequences-from",
    },
  );
}
