import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Box, Target, Tracker } from "@lorat/core";
import { isValidBox, toCorners } from "@lorat/core/geometry";
import { LoratError } from "@lorat/graph";
import { createLineFile, type LineFile } from "../../files/line-file.ts";
import { mapAhead } from "../../threads/map-ahead.ts";
import { formatRegion, parseRegion, regionBox, reportedBox } from "./region.ts";
import { decodeTraxImage } from "./trax-image.ts";

/** What a run over a folder did. */
export interface FolderRun {
  readonly frames: number;
  /** Identifiers of the objects, in order. */
  readonly objects: readonly string[];
}

export interface FolderRunOptions {
  readonly signal?: AbortSignal;
  readonly onFrame?: (done: number, total: number) => void;
}

/** An object to be tracked: `query_ID.txt`. */
interface Query {
  readonly id: string;
  /** Frame that shows it first. */
  readonly offset: number;
  readonly box: Box;
}

const DECODED_AHEAD = 3;
const FRAMES_FILE = "frames_color.txt";

/**
 * Runs a tracker over a folder as the VOT toolkit's `folder` protocol asks: `frames_color.txt` names an image a line,
 * `query_ID.txt` holds the frame that an object appears in, its region, and further `key=value` lines. Writes `output_ID.txt`, a
 * region a frame (`0` before the object appears), and `output_ID_confidence.txt`; all objects form one batch. The
 * files appear when the whole folder is done. Throws `VOT_FOLDER` listing everything that is wrong with the folder,
 * `IMAGE_DECODE_FAILED`, and what the tracker throws. Source: VOT toolkit documentation, "Trackers protocols", folder protocol.
 */
export async function runFolder(
  tracker: Tracker,
  folder: string,
  { signal, onFrame }: FolderRunOptions = {},
): Promise<FolderRun> {
  const { frames, queries } = await readFolder(folder);
  const outputs: { regions: LineFile; confidences: LineFile }[] = [];
  const targets: (Target | undefined)[] = queries.map(() => undefined);
  try {
    for (const { id } of queries) {
      const open = (name: string) => createLineFile(join(folder, name), { force: true });
      outputs.push({
        regions: await open(`output_${id}.txt`),
        confidences: await open(`output_${id}_confidence.txt`),
      });
    }
    let done = 0;
    const decoded = mapAhead(frames, DECODED_AHEAD, (path, index) =>
      decodeTraxImage(resolve(folder, path), index),
    );
    for await (const frame of decoded) {
      signal?.throwIfAborted();
      const running = targets.filter((target) => target !== undefined);
      const results = await tracker.trackAll(frame, running);
      for (const [i, { offset, box }] of queries.entries()) {
        const write = (region: string, confidence: number) => {
          outputs[i]!.regions.write(region);
          outputs[i]!.confidences.write(confidence.toFixed(6));
        };
        const target = targets[i];
        if (target) {
          const { raw, score } = results[running.indexOf(target)]!;
          write(formatRegion({ kind: "rectangle", box: reportedBox(raw.box) }), score);
        } else if (offset === done) {
          targets[i] = await tracker.start(frame, box);
          write(formatRegion({ kind: "rectangle", box }), 1);
        } else {
          write(formatRegion({ kind: "special", code: 0 }), 0);
        }
      }
      done++;
      onFrame?.(done, frames.length);
    }
    for (const { regions, confidences } of outputs) {
      await confidences.commit();
      await regions.commit();
    }
  } catch (error) {
    await Promise.all(outputs.flatMap((one) => [one.regions.discard(), one.confidences.discard()]));
    throw error;
  } finally {
    for (const target of targets) target?.dispose();
  }
  return { frames: frames.length, objects: queries.map(({ id }) => id) };
}

async function readFolder(folder: string): Promise<{ frames: string[]; queries: Query[] }> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw new LoratError("VOT_FOLDER", `${folder} cannot be listed: ${cause.message}`, { cause });
  });
  const frames = await linesOf(join(folder, FRAMES_FILE)).catch((cause: Error) => {
    throw new LoratError("VOT_FOLDER", `${folder} has no readable ${FRAMES_FILE}: ${cause.message}`, {
      hint: "run this in a folder that the VOT toolkit made for its folder protocol",
      cause,
    });
  });
  const files = names
    .filter((name) => /^query_.+\.txt$/.test(name))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const issues: string[] = [];
  const queries: Query[] = [];
  for (const name of files) {
    try {
      queries.push(readQuery(name, await linesOf(join(folder, name)), frames.length));
    } catch (error) {
      issues.push(`${name}: ${(error as Error).message}`);
    }
  }
  if (frames.length === 0) issues.push(`${FRAMES_FILE} names no image`);
  if (files.length === 0) issues.push("there is no query_ID.txt");
  if (issues.length > 0) throw new LoratError("VOT_FOLDER", `${folder} cannot be tracked`, { issues });
  return { frames, queries };
}

function readQuery(name: string, lines: readonly string[], frames: number): Query {
  const offset = Number(lines[0]);
  if (lines[0] === undefined || !Number.isInteger(offset) || offset < 0 || offset >= frames) {
    throw new Error(`its first line must be a frame from 0 to ${frames - 1}, found "${lines[0] ?? ""}"`);
  }
  const box = regionBox(parseRegion(lines[1] ?? ""));
  if (!box || !isValidBox(toCorners(box))) {
    throw new Error(
      `its second line must be a rectangle, polygon or mask with a size, found "${lines[1] ?? ""}"`,
    );
  }
  return { id: name.slice("query_".length, -".txt".length), offset, box };
}

async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
