import type { Box, Frame } from "@lorat/core";
import { createTracker } from "@lorat/core/model";
import { synthesise } from "../../synth/synthesise.ts";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import type { ManyFramesFigures, ManyFramesJob, RunProgress } from "./job.ts";

/** Does the same again and again and looks at the process's resident size. */
export async function measureManyFrames(job: ManyFramesJob, onRun: RunProgress): Promise<ManyFramesFigures> {
  const model = await loadModel(job.model);
  const options = { device: "cpu", threads: job.threads } as const;
  const clip = synthesise(3, { width: 320, height: 240, frames: 8 });
  const pictures = Array.from({ length: clip.length }, (_, i) => clip.render(i));
  const box = pictures[0]!.box!;
  const picture = (i: number): Frame => pictures[i % pictures.length]!.frame;
  const total = job.frames + job.trackers + job.largeFrames + job.together * job.togetherFrames;

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
  const afterTrackers = process.memoryUsage.rss();

  let done = job.frames + job.trackers;
  const large = await createTracker(model, options);
  const wide = enlarged(picture(0), picture(1));
  const followed = await large.start(wide[0]!, scaledBox(box, wide[0]!.width / picture(0).width));
  let firstLarge = 0;
  for (let i = 1; i <= job.largeFrames; i++) {
    await followed.track(wide[i % wide.length]!);
    if (i === Math.ceil(job.largeFrames / 100)) firstLarge = process.memoryUsage.rss();
    if (i % 100 === 0) onRun(done + i, total);
  }
  const afterLarge = process.memoryUsage.rss();
  await large.dispose();

  done += job.largeFrames;
  const all = await Promise.all(Array.from({ length: job.together }, () => createTracker(model, options)));
  const targets = await Promise.all(all.map((one) => one.start(picture(0), box)));
  let firstTogether = 0;
  for (let i = 1; i <= job.togetherFrames; i++) {
    await Promise.all(targets.map((one) => one.track(picture(i))));
    if (i === Math.ceil(job.togetherFrames / 10)) firstTogether = process.memoryUsage.rss();
    if (i % 10 === 0) onRun(done + i * job.together, total);
  }
  const afterTogether = process.memoryUsage.rss();
  await Promise.all(all.map((one) => one.dispose()));
  const trackers = { firstTrackers, afterTrackers };
  return { settled, afterFrames, ...trackers, firstLarge, afterLarge, firstTogether, afterTogether };
}

/** Pictures at 3840 x 2160, each pixel repeated. */
function enlarged(...pictures: readonly Frame[]): Frame[] {
  const [width, height] = [3840, 2160];
  return pictures.map((picture): Frame => {
    const { data, channels } = picture;
    const large = new Uint8Array(width * height * channels);
    for (let y = 0; y < height; y++) {
      const row = Math.floor((y * picture.height) / height) * picture.width;
      for (let x = 0; x < width; x++) {
        const from = (row + Math.floor((x * picture.width) / width)) * channels;
        large.set(data.subarray(from, from + channels), (y * width + x) * channels);
      }
    }
    return { width, height, channels, data: large };
  });
}

function scaledBox({ x, y, width, height }: Box, by: number): Box {
  return { x: x * by, y: y * by, width: width * by, height: height * by };
}
