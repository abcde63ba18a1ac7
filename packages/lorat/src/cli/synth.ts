import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import type { Frame } from "@lorat/core";
import { createRandom } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import { scanData } from "../sampling/data-manifest.ts";
import { readPicture } from "../sampling/frame-store.ts";
import { DIFFICULTIES } from "../synth/difficulty.ts";
import { synthesise } from "../synth/synthesise.ts";
import { checkSequenceFree, type WrittenSequence, writeSequence } from "../synth/write-sequence.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { count, wholeNumber } from "./values.ts";

/** Photographs that one clip is made from; more would only slow the decoding down. */
const PHOTOS_A_CLIP = 3;

/** `lorat synth`: procedural clips with exact ground truth, as a folder of sequences. */
export function synthCommand() {
  return withOptions().action(async (out, flags) => {
    const interruption = listenForInterrupt();
    try {
      const written = await synthesiseAll(out, flags, interruption.signal);
      if (flags.json) console.log(JSON.stringify({ out, sequences: written }, null, 2));
      else console.log(`wrote ${written.length} sequences of ${flags.frames} frames into ${out}`);
    } catch (error) {
      if (!interruption.signal.aborted) throw error;
      console.error("stopped; finished sequences are kept");
      process.exitCode = interruption.status();
    } finally {
      interruption.release();
    }
  });
}

type Flags = ReturnType<ReturnType<typeof withOptions>["opts"]>;

function withOptions() {
  return new Command("synth")
    .description("write procedural clips with exact ground truth, one folder a sequence")
    .argument("<out>", "folder that the sequences go into")
    .option("--clips <number>", "procedural clips of each difficulty", count, 1)
    .option("--seed <number>", "seed of the first clip; each next one has one more", wholeNumber, 1)
    .addOption(
      new Option("--difficulty <name>", "what makes them hard")
        .choices([...DIFFICULTIES, "all"])
        .default("plain" as const),
    )
    .option("--frames <number>", "frames of a clip", count, 120)
    .addOption(
      new Option("--size <WxH>", "pixels, at least 64x64")
        .argParser(size)
        .default({ width: 640, height: 360 }, "640x360"),
    )
    .option("--photos <dir>", "photographs for backgrounds and surfaces")
    .option("--cutouts <dir>", "pictures with transparency, for objects")
    .option("--as-video", "write clip.mp4 in place of numbered JPEG files")
    .option("--force", "replace sequences that exist")
    .option("--json", "print one JSON object");
}

async function synthesiseAll(out: string, flags: Flags, signal: AbortSignal): Promise<WrittenSequence[]> {
  const { clips, seed, frames, size: pixels, force = false } = flags;
  const difficulties = flags.difficulty === "all" ? DIFFICULTIES : [flags.difficulty];
  const jobs = difficulties.flatMap((difficulty) =>
    Array.from({ length: clips }, (_, i) => {
      const own = seed + i;
      return { difficulty, seed: own, folder: join(out, `${difficulty}_${String(own).padStart(6, "0")}`) };
    }),
  );
  for (const { folder } of jobs) await checkSequenceFree(folder, force);
  const photos = await picturesIn(flags.photos);
  const cutouts = await picturesIn(flags.cutouts);
  const progress = createProgress({ label: "rendering", total: jobs.length * frames, unit: "frames" });
  const written: WrittenSequence[] = [];
  try {
    for (const [i, { difficulty, seed: own, folder }] of jobs.entries()) {
      const clip = synthesise(own, {
        ...pixels,
        frames,
        difficulty,
        photos: await photos(own),
        cutouts: await cutouts(own),
      });
      written.push(
        await writeSequence(folder, clip, {
          force,
          video: flags.asVideo ?? false,
          signal,
          onFrame: (done) => progress.update(i * frames + done),
        }),
      );
    }
  } finally {
    progress.done();
  }
  return written;
}

/** A few pictures of a folder, chosen by the clip's seed. Throws `DATA_ROOT` and `DATA_EMPTY`. */
async function picturesIn(folder: string | undefined): Promise<(seed: number) => Promise<Frame[]>> {
  if (folder === undefined) return async () => [];
  const { files } = await scanData({ photos: [folder] });
  if (files.length === 0) throw new LoratError("DATA_EMPTY", `there are no pictures in ${folder}`);
  return (seed) => {
    const random = createRandom(seed, files.length);
    const chosen = Array.from({ length: PHOTOS_A_CLIP }, () => random.choice(files));
    return Promise.all(chosen.map((file) => readPicture(file, 1280)));
  };
}

function size(text: string): { width: number; height: number } {
  const found = /^(\d+)x(\d+)$/.exec(text);
  const [width, height] = [Number(found?.[1]), Number(found?.[2])];
  if (!found || width < 64 || height < 64 || width > 8192 || height > 8192) {
    throw new InvalidArgumentError(
      "expected WIDTHxHEIGHT in pixels, 64x64 to 8192x8192, for example 640x360",
    );
  }
  return { width, height };
}
