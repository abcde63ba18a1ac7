import { LoratError } from "@lorat/graph";
import type { AnnotationSource } from "../annotation-source.ts";
import { openSource } from "../open-source.ts";
import { Problems } from "../problems.ts";
import { type DatasetRequest, parseDatasetSpec } from "../spec.ts";
import type { AnnotatedSequence, AnnotationSet } from "./benchmark.ts";
import { BENCHMARKS, isScored, SCORED_KINDS, type ScoredKind } from "./benchmark.ts";
import { rawSequence } from "./raw-sequence.ts";
import { readToolkit } from "./read-toolkit.ts";
import { findToolkitLayout } from "./toolkit-layout.ts";

interface OpenAnnotationsOptions {
  /** Part of the dataset; default: the one that results are for. */
  readonly split?: string | undefined;
}

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
  const source = await openSource(path, { annotationsOnly: true });
  const problems = new Problems();
  const benchmark = BENCHMARKS[kind];
  const layout = OWN_LAYOUT_ONLY.has(kind) ? undefined : await findToolkitLayout(source);
  const sequences = layout
    ? await readToolkit(source, layout, benchmark, problems)
    : await readDataset(source, kind, { dataset: name, split }, problems);
  checkCase(sequences, problems);
  problems.finish("DATASET_ANNOTATIONS", `the annotation in ${path} cannot be used`);
  if (sequences.length === 0) throw new LoratError("DATASET_EMPTY", `${path} holds no annotated sequence`);
  const used = new Set(sequences.flatMap(({ attributes }) => attributes));
  const attributes = benchmark.attributes?.filter((one) => used.has(one)) ?? [...used].sort();
  return { kind, name, sequences, attributes, warnings: source.warnings() };
}

/** The benchmark's own layout, by the readers that training uses. */
async function readDataset(
  source: AnnotationSource,
  kind: ScoredKind,
  request: DatasetRequest,
  problems: Problems,
): Promise<AnnotatedSequence[]> {
  // Loaded where they are needed: with what they need, they take longer than scoring.
  const { chooseDataset, openEntries, readEntries } = await import("../open-entries.ts");
  const choice = await chooseDataset({ ...request, split: request.split ?? BENCHMARKS[kind].split });
  const alternative = ", or the toolkit's annos/NAME.txt";
  const { entries } = await openEntries(choice, { source, alternative });
  return readEntries(entries, problems, (raw) => rawSequence(source, raw, kind));
}

function checkCase(sequences: readonly AnnotatedSequence[], problems: Problems): void {
  const seen = new Map<string, string>();
  for (const { name } of sequences) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) problems.add("DATASET_CASE", `${other} and ${name} differ only in case`);
    seen.set(name.toLowerCase(), name);
  }
}
