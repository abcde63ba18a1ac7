import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import type { Size } from "@lorat/core";
import { type AnnotationFormatName, annotationFormats, lostIn } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";
import { overlaps, readAnnotationPath, writeAnnotationPath } from "../datasets/boxes/annotation-files.ts";
import { usageError } from "./errors.ts";
import { count, positive, wholeNumber } from "./values.ts";

const names = Object.keys(annotationFormats) as AnnotationFormatName[];

/** `lorat boxes`: boxes from one format into another. */
export function boxesCommand() {
  return withOptions().action(run);
}

type Flags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return new Command("boxes")
    .description("convert boxes between the formats of benchmarks and annotation tools")
    .argument("<in>", "file with boxes, or folder in a format of several files")
    .addOption(new Option("--from <format>", "format of the input").choices(names).makeOptionMandatory())
    .requiredOption(
      "--out <path>",
      "file or folder to write; a .txt takes the boxes alone, - is standard output",
    )
    .addOption(new Option("--to <format>", "format to write").choices(names).makeOptionMandatory())
    .option(
      "--size <WxH>",
      "the picture's size, where the input does not tell and a format has shares of it",
      size,
    )
    .option("--frames <number>", "frames of the clip, where the input does not tell", count)
    .option("--fps <number>", "frames a second, where the input does not tell", positive)
    .option("--track <id>", "take this target alone", trackId)
    .option("--label <name>", "what targets without a name are called")
    .addOption(
      new Option(
        "--first-pixel <number>",
        "number of the first pixel in the input (default: the format's own)",
      ).choices(["0", "1"]),
    )
    .option(
      "--first-frame <number>",
      "number of the first frame in the input (default: the format's own)",
      wholeNumber,
    )
    .option("--force", "replace boxes that exist")
    .option("--json", "print what was written as one JSON object")
    .addHelpText("after", () => `\nFormats:\n${names.map(ruleOf).join("\n")}`);
}

async function run(input: string, flags: Flags): Promise<void> {
  const { from, to, out, force, json, track, label } = flags;
  if (out !== "-" && overlaps(resolve(input), resolve(out))) {
    throw usageError(`${out} and ${input} lie within each other: input and output must differ`);
  }
  if (out === "-" && json) throw usageError("standard output can take one thing only", "Leave out --json.");
  const read = await readAnnotationPath(input, from, {
    size: flags.size,
    frameCount: flags.frames,
    fps: flags.fps,
    firstPixel: flags.firstPixel === undefined ? undefined : (Number(flags.firstPixel) as 0 | 1),
    firstFrame: flags.firstFrame,
  });
  const chosen = read.tracks.filter(({ id }) => track === undefined || id === track);
  if (track !== undefined && chosen.length === 0) {
    const ids = read.tracks.map(({ id }) => id).slice(0, 10);
    throw new LoratError("BOXES_TRACK", `${input} has no track ${track}; it has ${ids.join(", ") || "none"}`);
  }
  const tracks = chosen.map((one) => ({ ...one, label: one.label || (label ?? "") }));
  const clip = { ...read, tracks };
  const files = await writeAnnotationPath(out, to, clip, { force });
  const boxes = tracks.reduce((sum, one) => sum + one.boxes.size, 0);
  const lost = lostIn(to, clip);
  if (json) {
    console.log(JSON.stringify({ out, files: files.length, tracks: tracks.length, boxes, lost }, null, 2));
    return;
  }
  const counted = `${boxes} ${boxes === 1 ? "box" : "boxes"} of ${tracks.length} ${tracks.length === 1 ? "target" : "targets"}`;
  console.error(`wrote ${counted} to ${out === "-" ? "standard output" : out}`);
  if (lost.length > 0) console.error(`note: ${annotationFormats[to].title} cannot keep ${lost.join(", ")}`);
}

function ruleOf(name: AnnotationFormatName): string {
  const { title, rules } = annotationFormats[name];
  return `  ${name.padEnd(14)}${title}: ${rules}`;
}

function size(text: string): Size {
  const [, width, height] = /^(\d{1,6})[x×,](\d{1,6})$/.exec(text) ?? [];
  if (!Number(width) || !Number(height))
    throw new InvalidArgumentError("Expected WIDTHxHEIGHT, for example 1920x1080.");
  return { width: Number(width), height: Number(height) };
}

function trackId(text: string): number {
  if (/^-?\d{1,15}$/.test(text.trim())) return Number(text);
  throw new InvalidArgumentError("A whole number is needed.");
}
