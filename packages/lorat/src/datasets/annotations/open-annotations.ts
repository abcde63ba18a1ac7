import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LoratError } from "@lorat/graph";
import { openTree } from "../../files/archive/index.ts";
import { mapAhead } from "../../threads/map-ahead.ts";
import { type AnnotationSource, folderSource } from "../annotation-source.ts";
import { chooseSplits } from "../choose.ts";
import { Problems } from "../problems.ts";
import { parseDatasetSpec } from "../spec.ts";
import type { AnnotatedSequence, AnnotationSet } from "./annotation-set.ts";
import { BENCHMARKS, isScored, SCORED_KINDS, type ScoredKind } from "./benchmark.ts";
import { rawSequence } from "./raw-sequence.ts";
import { readToolkit } from "./read-toolkit.ts";
import { findToolkitLayout } from "./toolkit-layout.ts";

export interface OpenAnnotationsOptions {
  /** Part of the dataset; default the one that results are for. */
  readonly split?: string | undefined;
}

const IN_FLIGHT = 16;

/** Kinds whose own layout a toolkit's could be mistaken for, and that have no such toolkit. */
const OWN_LAYOUT_ONLY: ReadonlySet<ScoredKind> = new Set(["trackingnet", "got10k"]);

/**
 * Opens a benchmark's annotation named `KIND:PATH`, without its pictures: laid out like the benchmark's toolkit or like the
 * benchmark itself; a folder, a `.tar.gz` or a `.zip`.
 *
 * Throws `DATASET_KIND`, `DATASET_NOT_FOUND`, `DATASET_LAYOUT`, `DATASET_EMPTY`, `DATASET_SPLIT`, `DATASET_NO_TRUTH`, what
 * `openTree` throws, and for sequences `BOXES_MALFORMED`, `DATASET_FLAGS`, `DATASET_LENGTH`, `ATTRIBUTES_MALFORMED`,
 * `ATTRIBUTES_UNKNOWN`, `DATASET_CASE`, or `DATASET_ANNOTATIONS` for several kinds of problems.
 */
export async function openAnnotations(
  name: string,
  { split }: OpenAnnotationsOptions = {},
): Promise<AnnotationSet> {
  const spec = parseDatasetSpec(name);
  const { kind, path } = spec;
  if (!isScored(kind)) {
    throw new LoratError("DATASET_KIND", `${name}: results of ${kind} are not scored`, {
      hint: `The kinds are ${SCORED_KINDS.join(", ")}.`,
    });
  }
  const source = await openSource(path);
  const problems = new Problems();
  const benchmark = BENCHMARKS[kind];
  const layout = OWN_LAYOUT_ONLY.has(kind) ? undefined : await findToolkitLayout(source);
  const sequences = layout
    ? await readToolkit(source, layout, benchmark, problems)
    : await readDataset(source, kind, { name, split }, problems);
  checkCase(sequences, problems);
  problems.finish("DATASET_ANNOTATIONS", `the annotation in ${path} cannot be used`);
  if (sequences.length === 0) throw new LoratError("DATASET_EMPTY", `${path} holds no annotated sequence`);
  const used = new Set(sequences.flatMap(({ attributes }) => attributes));
  const attributes = benchmark.attributes?.filter((one) => used.has(one)) ?? [...used].sort();
  return { kind, name, sequences, attributes, warnings: source.warnings() };
}

async function openSource(path: string): Promise<AnnotationSource> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new LoratError("DATASET_NOT_FOUND", `expected a dataset at ${path}, found nothing`);
  if (info.isDirectory()) return quickSource(path);
  if (/\.(tar|tar\.gz|tgz|zip)$/i.test(path)) return archiveOf(path);
  return folderSource(dirname(path), { file: basename(path) });
}

/**
 * A folder whose files are read at once: hundreds of small ones take several times longer through the thread pool, and their
 * state need not be watched, as no index is kept.
 */
function quickSource(root: string): AnnotationSource {
  const source = folderSource(root);
  const readBytes = async (path: string) => {
    try {
      return readFileSync(join(root, path));
    } catch {
      // Says what is wrong.
      return source.readBytes(path);
    }
  };
  const readText = async (path: string) => (await readBytes(path))?.toString("utf8");
  return Object.assign(Object.create(source) as AnnotationSource, { readBytes, readText });
}

async function archiveOf(path: string): Promise<AnnotationSource> {
  const { archiveSource } = await import("./archive-source.ts");
  return archiveSource(await openTree(path));
}

/** The benchmark's own layout, by the readers that training uses. */
async function readDataset(
  source: AnnotationSource,
  kind: ScoredKind,
  { name, split }: { name: string; split: string | undefined },
  problems: Problems,
): Promise<AnnotatedSequence[]> {
  // Loaded where they are needed: with what they need, they take longer than scoring.
  const { READERS } = await import("../readers/index.ts");
  const reader = READERS[kind];
  const { split: usual } = BENCHMARKS[kind];
  const splits = chooseSplits(reader, split ?? usual, name);
  const entries = await reader.entries(source, splits);
  if (entries.length === 0) {
    const part = splits.length > 0 ? ` (part ${splits.join(", ")})` : "";
    const found = await source.list("");
    const inside = [...(found?.folders ?? []).map((one) => `${one}/`), ...(found?.files ?? [])].slice(0, 5);
    throw new LoratError(
      "DATASET_LAYOUT",
      `${name} is not laid out as ${kind}${part}: expected ${reader.layout}, or the toolkit's annos/NAME.txt; found ${inside.join(", ") || "nothing"}`,
    );
  }
  const sequences: AnnotatedSequence[] = [];
  const read = mapAhead(entries, IN_FLIGHT, (entry) =>
    problems.collect(async () => {
      const raw = await entry.read();
      return Promise.all(raw.map((one) => rawSequence(source, one, kind)));
    }),
  );
  for await (const found of read) if (found) sequences.push(...found);
  return sequences;
}

function checkCase(sequences: readonly AnnotatedSequence[], problems: Problems): void {
  const seen = new Map<string, string>();
  for (const { name } of sequences) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) problems.add("DATASET_CASE", `${other} and ${name} differ only in case`);
    seen.set(name.toLowerCase(), name);
  }
}
