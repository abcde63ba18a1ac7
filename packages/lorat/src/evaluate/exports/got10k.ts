import { lines, rasterisedLines } from "./box-text.ts";
import { type ExportArchives, type ExportInput, runNumber, trackerFolder } from "./export-input.ts";
import { fixed } from "./fixed.ts";

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
