/**
 * Frames a second of tracking a 640x360 H.264 video, decoding included, and where the time goes.
 *
 *   node scripts/run.mjs bench/end-to-end.ts [--model nano] [--video FILE --box x,y,w,h] [--repeat 7] [--threads N]
 */
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { Cropper, cropParameters, imageMean, loadTracker, openFrames, toCorners, variantNamed } from "lorat";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "nano" },
    video: { type: "string", default: "examples/clip/clip.mp4" },
    box: { type: "string" },
    repeat: { type: "string", default: "7" },
    threads: { type: "string" },
  },
});
const text = values.box ?? readFileSync("examples/clip/groundtruth.txt", "utf8").split("\n")[0]!;
const [x, y, width, height] = text.split(",").map(Number) as [number, number, number, number];
const box = { x, y, width, height };

const tracker = await loadTracker(values.model, values.threads ? { threads: Number(values.threads) } : {});
const rounds = {
  endToEnd: [] as number[],
  decodeMs: [] as number[],
  trackMs: [] as number[],
  cropMs: [] as number[],
};
let size = "";
for (let round = 0; round < Number(values.repeat); round++) {
  const source = await openFrames(values.video);
  size = `${source.width}x${source.height}`;
  let target: Awaited<ReturnType<typeof tracker.start>> | undefined;
  let tracked = 0;
  let trackMs = 0;
  let began = 0;
  for await (const frame of source.frames()) {
    if (!target) {
      target = await tracker.start(frame, box);
      began = performance.now();
    } else {
      const before = performance.now();
      await target.track(frame);
      trackMs += performance.now() - before;
      tracked++;
    }
    source.recycle(frame);
  }
  rounds.endToEnd.push(tracked / ((performance.now() - began) / 1000));
  rounds.trackMs.push(trackMs / tracked);
  await source.dispose();

  const again = await openFrames(values.video);
  let frames = 0;
  const cropper = new Cropper(160, 160);
  const pixels = new Float32Array(cropper.length);
  const wished = cropParameters(toCorners(box), variantNamed("nano").searchAreaFactor, 160, 160);
  let cropMs = 0;
  began = performance.now();
  for await (const frame of again.frames()) {
    const before = performance.now();
    cropper.crop(frame, wished, frames === 0 ? imageMean(frame) : [0, 0, 0], pixels);
    cropMs += performance.now() - before;
    frames++;
    again.recycle(frame);
  }
  rounds.decodeMs.push((performance.now() - began - cropMs) / frames);
  rounds.cropMs.push(cropMs / frames);
  await again.dispose();
}
await tracker.dispose();

const spread = (list: number[], digits: number) => {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!.toFixed(digits);
  return `median ${at(0.5)}  best ${rounds.endToEnd === list ? at(1) : at(0)}  worst ${rounds.endToEnd === list ? at(0) : at(1)}`;
};
console.log(
  `${values.model}, ${values.video} ${size}, ${values.repeat} rounds; ${cpus().length} cores (${cpus()[0]!.model}), load ${loadavg()[0]!.toFixed(1)}`,
);
console.log(`end to end, frames/s    ${spread(rounds.endToEnd, 1)}`);
console.log(`track (crop + network)  ${spread(rounds.trackMs, 2)} ms a frame`);
console.log(`crop alone              ${spread(rounds.cropMs, 2)} ms a frame`);
console.log(
  `decode alone            ${spread(rounds.decodeMs, 2)} ms a frame (on a thread of its own, beside the tracking)`,
);
