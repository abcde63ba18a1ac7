import { rasterisedLines } from "./box-text.ts";
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
