import { createTracker, type Frame } from "@lorat/core";
import { synthesise } from "../../synth/synthesise.ts";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import type { RunProgress } from "../profile/job.ts";

export interface MemoryJob {
  readonly model: string;
  readonly threads?: number;
  /** Frames through one tracker. */
  readonly frames: number;
  /** Frames before the resident size is noted for the first time. */
  readonly settled: number;
  /** Trackers opened, used for two frames and disposed of, one after the other. */
  readonly trackers: number;
}

/** Resident bytes of the process. */
export interface MemoryFigures {
  readonly settled: number;
  readonly afterFrames: number;
  /** After the first tenth of the trackers, and after all. */
  readonly firstTrackers: number;
  readonly afterTrackers: number;
}

/** Does the same again and again and looks at the process's resident size. */
export async function measureMemory(job: MemoryJob, onRun: RunProgress): Promise<MemoryFigures> {
  const model = await loadModel(job.model);
  const options = { device: "cpu", threads: job.threads } as const;
  const clip = synthesise(3, { width: 320, height: 240, frames: 8 });
  const pictures = Array.from({ length: clip.length }, (_, i) => clip.render(i));
  const box = pictures[0]!.box!;
  const picture = (i: number): Frame => pictures[i % pictures.length]!.frame;
  const total = job.frames + job.trackers;

  const tracker = await createTracker(model, options);
  const target = await tracker.start(picture(0), box);
  let settled = 0;
  for (let i = 1; i <= job.frames; i++) {
    await target.track(picture(i));
    if (i === job.settled) settled = process.memoryUsage.rss();
    if (i % 100 === 0) onRun(i, total);
  }
  const afterFrames = process.memoryUsage.rss();
  await tracker.dispose();

  let firstTrackers = 0;
  for (let i = 1; i <= job.trackers; i++) {
    const one = await createTracker(model, options);
    const started = await one.start(picture(0), box);
    await started.track(picture(1));
    await one.dispose();
    if (i === Math.ceil(job.trackers / 10)) firstTrackers = process.memoryUsage.rss();
    onRun(job.frames + i, total);
  }
  return { settled, afterFrames, firstTrackers, afterTrackers: process.memoryUsage.rss() };
}
