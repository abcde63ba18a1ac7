import type { Box, TargetState } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import type { TrackOutputs } from "../track/track-outputs.ts";
import type { TrackVideoSummary } from "../track/track-video.ts";

/** Everything that a finished run of `lorat track` has to tell. */
interface TrackReport extends TrackVideoSummary {
  readonly input: string;
  readonly model: string;
  readonly device: string;
  readonly width: number;
  readonly height: number;
  readonly start: number;
  /** Frames in each state, by target. */
  readonly states: readonly Readonly<Record<TargetState, number>>[];
  readonly lastBoxes: readonly Box[];
  readonly files: TrackOutputs["files"];
}

/** Prints the report, to standard error where standard output holds the boxes. */
export function printTrackReport(
  report: TrackReport,
  { json, toErrors }: { json: boolean; toErrors: boolean },
): void {
  const stream = toErrors ? process.stderr : process.stdout;
  stream.write(`${json ? JSON.stringify(asJson(report), null, 2) : asText(report)}\n`);
}

function asJson({ states, lastBoxes, files, stopped, seconds, ...report }: TrackReport) {
  return {
    input: report.input,
    model: report.model,
    device: report.device,
    width: report.width,
    height: report.height,
    start: report.start,
    frames: report.frames,
    seconds,
    framesPerSecond: report.frames / seconds,
    targets: states.map((counts, i) => ({
      lastBox: lastBoxes[i],
      states: counts,
      boxes: files.boxes[i],
      scores: files.scores[i],
    })),
    sheet: files.sheet,
    video: files.video,
    stopped: stopped instanceof LoratError ? { code: stopped.code, message: stopped.message } : stopped,
  };
}

function asText({
  input,
  width,
  height,
  model,
  frames,
  seconds,
  states,
  files,
  stopped,
}: TrackReport): string {
  const speed = frames > 1 ? `, ${(frames / seconds).toFixed(1)} frames/s` : "";
  const lines = [
    `${stopped ? "stopped after" : "tracked"} ${frames} frames of ${input} (${width}x${height}) with ${model}${speed}`,
  ];
  states.forEach(({ tracked, uncertain, lost }, i) => {
    const name = states.length > 1 ? `target ${i + 1}: ` : "";
    lines.push(`  ${name}${tracked} tracked, ${uncertain} uncertain, ${lost} lost`);
  });
  for (const path of [...files.boxes, ...files.scores, files.sheet, files.video])
    if (path) lines.push(`  ${path}`);
  return lines.join("\n");
}
