import { splitLines } from "@lorat/core/annotations";
import { LoratError, nearestName } from "@lorat/graph";
import type { DatasetReader, SequenceEntry } from "./raw.ts";

/** The parts to read: those asked for, separated by commas, or the first. Throws `DATASET_SPLIT`. */
export function chooseSplits(
  { splits }: DatasetReader,
  asked: string | undefined,
  dataset: string,
): readonly string[] {
  if (asked === undefined) return splits.slice(0, 1);
  const parts = asked.split(",").map((part) => part.trim());
  const unknown = parts.find((part) => !splits.includes(part));
  if (unknown === undefined) return parts;
  const found = splits.length > 0 ? `it has ${splits.join(", ")}` : "this kind has no parts";
  throw new LoratError("DATASET_SPLIT", `${dataset} has no part ${JSON.stringify(unknown)}: ${found}`);
}

/**
 * The sequences that a list names, in its order: names, or positions in the dataset's own order counted from 0, one a line;
 * lines with `#` in front are left out. A name comes before a position of the same digits. Throws `DATASET_LIST` with every
 * line that fits nothing or comes twice.
 */
export function chooseSequences(
  entries: readonly SequenceEntry[],
  list: string,
  file: string,
): SequenceEntry[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const chosen = new Set<SequenceEntry>();
  const issues: string[] = [];
  splitLines(list).forEach((line, i) => {
    const word = line.trim();
    if (word === "" || word.startsWith("#")) return;
    const entry = byName.get(word) ?? (/^\d+$/.test(word) ? entries[Number(word)] : undefined);
    const where = `line ${i + 1}: `;
    if (entry === undefined) issues.push(`${where}${unknown(word, entries)}`);
    else if (chosen.has(entry)) issues.push(`${where}${entry.name} comes a second time`);
    else chosen.add(entry);
  });
  if (issues.length > 0) {
    const shown = issues.length > 5 ? [...issues.slice(0, 5), `and ${issues.length - 5} more`] : issues;
    throw new LoratError("DATASET_LIST", `${file} does not fit the dataset`, {
      issues: shown,
      hint: "Expected names of sequences, or their positions counted from 0, one a line.",
    });
  }
  return [...chosen];
}

function unknown(word: string, entries: readonly SequenceEntry[]): string {
  if (/^\d+$/.test(word)) return `position ${word}, there are ${entries.length} sequences`;
  const names = entries.slice(0, 20_000).map(({ name }) => name);
  const nearest = nearestName(word, names);
  return `no sequence ${word}${nearest === undefined ? "" : `, nearest is ${nearest}`}`;
}
