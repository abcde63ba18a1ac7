import { BENCHMARKS } from "../../datasets/annotations/benchmark.ts";
import { fixed, lines, rasterisedLines, tabbedLines } from "./box-text.ts";
import { type ExportArchives, type ExportInput, runNumber, trackerFolder } from "./export-input.ts";

/**
 * TrackingNet's submission: `TRACKER/SEQ/SEQ.txt` in an archive for each run, numbered where there are several. Source:
 * specification 5.4.
 */
export function trackingnetArchives(input: ExportInput): ExportArchives {
  const tracker = trackerFolder(input);
  return new Map(
    input.runs.map((run, i) => [
      `TrackingNet-test${input.runs.length > 1 ? `_${runNumber(i)}` : ""}.zip`,
      new Map(
        run.map(({ name, corners }) => [`${tracker}/${name}/${name}.txt`, rasterisedLines(corners, 2)]),
      ),
    ]),
  );
}

/**
 * Results for the MATLAB toolkits of OTB and LaSOT: `tracking_results.zip` with `TRACKER_tracking_result/SEQ.txt`,
 * `TRACKER_000_tracking_result` and so on of several runs. Source: specification 5.4.
 */
export function toolkitArchives(input: ExportInput): ExportArchives {
  const files = new Map<string, string>();
  input.runs.forEach((run, i) => {
    const number = input.runs.length > 1 ? `_${runNumber(i, 0)}` : "";
    for (const { name, corners } of run) {
      files.set(
        `${trackerFolder(input)}${number}_tracking_result/${name}.txt`,
        tabbedLines(corners, input.kind),
      );
    }
  });
  return new Map([["tracking_results.zip", files]]);
}

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

/**
 * GOT-10k's submission: `GOT10k-test.zip` with `TRACKER/SEQ/SEQ_001.txt` of each run and `SEQ_time.txt` of the first; of
 * several runs also an archive for each, in which it is the first. Source: specification 5.4.
 */
export function got10kArchives(input: ExportInput): ExportArchives {
  const all = got10kFiles(input, input.runs);
  const archives = new Map([["GOT10k-test.zip", all]]);
  if (input.runs.length > 1) {
    input.runs.forEach((run, i) => {
      archives.set(`GOT10k-test${runNumber(i)}.zip`, got10kFiles(input, [run]));
    });
  }
  return archives;
}

function got10kFiles(input: ExportInput, runs: ExportInput["runs"]): Map<string, string> {
  const files = new Map<string, string>();
  runs.forEach((run, i) => {
    for (const { name, corners, seconds } of run) {
      const folder = `${trackerFolder(input)}/${name}`;
      files.set(`${folder}/${name}_${runNumber(i)}.txt`, rasterisedLines(corners, 4));
      if (i === 0 && seconds) {
        files.set(
          `${folder}/${name}_time.txt`,
          lines(seconds.length, (frame) => fixed(seconds[frame]!, 8)),
        );
      }
    }
  });
  return files;
}
