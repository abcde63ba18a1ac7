/**
 * Results in the forms that benchmarks' servers and toolkits take.
 */

import { got10kArchives, pytrackingArchives, toolkitArchives, trackingnetArchives } from "./archives.ts";
import type { ExportArchives, ExportInput } from "./export-input.ts";

export { votRectangle } from "./box-text.ts";
export type { ExportArchives, ExportInput, ExportSequence } from "./export-input.ts";
export { type FrameColumns, frameCsv } from "./frame-csv.ts";
export { writeArchives } from "./write-archives.ts";

export const EXPORT_FORMATS = ["got10k", "trackingnet", "pytracking", "otb", "lasot"] as const;
/** A benchmark's form of result files. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const MAKERS: Readonly<Record<ExportFormat, (input: ExportInput) => ExportArchives>> = {
  got10k: got10kArchives,
  trackingnet: trackingnetArchives,
  pytracking: pytrackingArchives,
  otb: toolkitArchives,
  lasot: toolkitArchives,
};

/** A benchmark's archives of results. */
export function exportArchives(format: ExportFormat, input: ExportInput): ExportArchives {
  return MAKERS[format](input);
}
