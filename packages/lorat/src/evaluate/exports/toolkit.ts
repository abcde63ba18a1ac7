import { tabbedLines } from "./box-text.ts";
import { type ExportArchives, type ExportInput, runNumber, trackerFolder } from "./export-input.ts";

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
