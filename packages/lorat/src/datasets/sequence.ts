import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Box } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { readBoxes } from "./boxes/read-boxes.ts";

/** An annotated clip: a folder of images with a `groundtruth.txt`. */
export interface Sequence {
  readonly name: string;
  readonly folder: string;
  /** One box a frame; NaN or empty where the target is absent. */
  readonly truth: readonly Box[];
  /** False where `absence.label` flags the target as absent. */
  readonly visible: readonly boolean[];
}

/**
 * The sequences of a folder, in order of name: every sub-folder with a `groundtruth.txt` (`x,y,w,h` lines, 0-based), or the
 * folder itself. Throws `DATASET_EMPTY` when there is none, `DATASET_LENGTH` when labels and boxes disagree.
 */
export async function listSequences(folder: string): Promise<Sequence[]> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const own = names.includes("groundtruth.txt") ? [folder] : [];
  const below: string[] = [];
  for (const name of names) {
    if (await exists(join(folder, name, "groundtruth.txt"))) below.push(join(folder, name));
  }
  const folders = [...own, ...below];
  if (folders.length === 0) {
    throw new LoratError("DATASET_EMPTY", `${folder} holds no sequence: no folder with a groundtruth.txt`);
  }
  return Promise.all(folders.map(readSequence));
}

async function readSequence(folder: string): Promise<Sequence> {
  const truth = await readBoxes(join(folder, "groundtruth.txt"));
  const labels = await readFile(join(folder, "absence.label"), "utf8").catch(() => undefined);
  const visible =
    labels
      ?.trim()
      .split(/\s+/)
      .map((label) => label !== "1") ?? truth.map(() => true);
  if (visible.length !== truth.length) {
    throw new LoratError(
      "DATASET_LENGTH",
      `${folder}: ${truth.length} boxes in groundtruth.txt, ${visible.length} flags in absence.label`,
    );
  }
  return { name: basename(folder), folder, truth, visible };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
