import { BENCHMARKS } from "../../datasets/annotations/benchmark.ts";
import { tabbedLines } from "./box-text.ts";
import { type ExportArchives, type ExportInput, runNumber, trackerFolder } from "./export-input.ts";

/**
 * PyTracking's results: `results.zip` with `TRACKER/SEQ.txt`, `TRACKER_001/SEQ.txt` of several runs, sequences with the
 * benchmark's prefix. Source: specification 5.4.
 */
export function pytrackingArchives(input: ExportInput): ExportArchives {
  const files = new Map<string, string>();
  const [prefix = ""] = BENCHMARKS[input.kind].prefixes ?? [];
  input.runs.forEach((run, i) => {
    const folder = `${trackerFolder(input)}${input.runs.length > 1 ? `_${runNumber(i)}` : ""}`;
    for (const { name, corners } of run) {
      const file = name.startsWith(prefix) ? name : `${prefix}${name}`;
      files.set(`${folder}/${file}.txt`, tabbedLines(corners, input.kind));
    }
  });
  return new Map([["results.zip", files]]);
}
