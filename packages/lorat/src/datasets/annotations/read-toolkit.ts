import { splitLines } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { mapAhead } from "../../threads/map-ahead.ts";
import type { AnnotationSource } from "../annotation-source.ts";
import { parseBytesAsRows } from "../boxes/parse-rows.ts";
import { readFlags, readRows, requireText } from "../files.ts";
import type { Problems } from "../problems.ts";
import { parseAttributeFlags, parseAttributeList } from "./attributes.ts";
import type { AnnotatedSequence, Benchmark } from "./benchmark.ts";
import type { ToolkitLayout } from "./toolkit-layout.ts";

const IN_FLIGHT = 16;

/** Reads the annotation out of a toolkit's layout; what is wrong with single sequences goes to `problems`. */
export async function readToolkit(
  source: AnnotationSource,
  layout: ToolkitLayout,
  benchmark: Benchmark,
  problems: Problems,
): Promise<AnnotatedSequence[]> {
  const names = await sequenceNames(source, layout, problems);
  const list = await problems.collect(async () => {
    const file = layout.attributeList;
    return file === undefined ? undefined : parseAttributeList(await requireText(source, file), file);
  });
  checkAttributes(layout, list, new Set(layout.boxes.keys()), problems);
  const sequences: AnnotatedSequence[] = [];
  const read = mapAhead(names, IN_FLIGHT, (name) =>
    problems.collect(() => readSequence(source, { layout, benchmark, list }, name)),
  );
  for await (const sequence of read) if (sequence) sequences.push(sequence);
  return sequences;
}

async function readSequence(
  source: AnnotationSource,
  {
    layout,
    benchmark,
    list,
  }: {
    readonly layout: ToolkitLayout;
    readonly benchmark: Benchmark;
    readonly list: ReadonlyMap<string, readonly string[]> | undefined;
  },
  name: string,
): Promise<AnnotatedSequence> {
  const file = layout.boxes.get(name)!;
  const bytes = await source.readBytes(file);
  const truth = (bytes && parseBytesAsRows(bytes)) ?? (await readRows(source, file));
  const rows = truth.length / 4;
  if (rows === 0) throw new LoratError("BOXES_MALFORMED", `${file} holds no box`);
  const flagFile = layout.absent.get(name);
  const spare = benchmark.spareFlags?.[name] ?? 0;
  if (flagFile === undefined && layout.absent.size > 0) source.warn("without flags of absence", name);
  const absent = flagFile === undefined ? undefined : await flagsOf(source, flagFile, rows + spare);
  const attributeFile = layout.attributes.get(name);
  const attributes =
    attributeFile === undefined || !benchmark.attributes
      ? (list?.get(name) ?? [])
      : parseAttributeFlags(await requireText(source, attributeFile), benchmark.attributes, attributeFile);
  return {
    name,
    truth,
    visible: absent?.subarray(0, rows).map((flag) => 1 - flag),
    attributes,
  };
}

/** As `readFlags`, but straight from the bytes where there is nothing else than 0 and 1. */
async function flagsOf(
  source: AnnotationSource,
  file: string,
  count: number,
): Promise<Uint8Array | undefined> {
  const bytes = await source.readBytes(file);
  const flags = new Uint8Array(count);
  let found = 0;
  let apart = true;
  for (const code of bytes ?? []) {
    const isFlag = code === ZERO || code === ZERO + 1;
    const isPlain = isFlag ? apart && found < count : SEPARATORS.has(code);
    if (!isPlain) return readFlags(source, file, count);
    if (isFlag) flags[found++] = code - ZERO;
    apart = !isFlag;
  }
  return found === count ? flags : readFlags(source, file, count);
}

const ZERO = 48;
const SEPARATORS: ReadonlySet<number> = new Set([9, 10, 13, 32, 44, 59]);

/** Those that the list names, or all. */
async function sequenceNames(
  source: AnnotationSource,
  { boxes, sequenceList }: ToolkitLayout,
  problems: Problems,
): Promise<string[]> {
  if (sequenceList === undefined) return [...boxes.keys()];
  const listed = splitLines(await requireText(source, sequenceList))
    .map((line) => line.trim())
    .filter(Boolean);
  const known = listed.filter((name) => {
    if (boxes.has(name)) return true;
    problems.add("DATASET_LIST", `${sequenceList} names ${name}, of which there are no boxes`);
    return false;
  });
  return [...new Set(known)];
}

/** Attribute files have to belong to sequences that are there. */
function checkAttributes(
  { attributes }: ToolkitLayout,
  list: ReadonlyMap<string, unknown> | undefined,
  known: ReadonlySet<string>,
  problems: Problems,
): void {
  for (const [name, file] of attributes) {
    if (!known.has(name)) problems.add("ATTRIBUTES_UNKNOWN", `${file} belongs to no sequence`);
  }
  for (const name of list?.keys() ?? []) {
    if (!known.has(name)) problems.add("ATTRIBUTES_UNKNOWN", `attributes of ${name}, which is no sequence`);
  }
}
