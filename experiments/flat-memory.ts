/**
 * Whether memory stays flat: thousands of frames through one tracker, with a second target and then a third now and then;
 * after that trackers opened and disposed of one after the other. Exits with 1 where it does not.
 *
 *   npm run build && node scripts/run.mjs experiments/flat-memory.ts [--model nano] [--frames 20000] [--trackers 200] [--threads 1]
 */
import { parseArgs } from "node:util";
import { Session } from "@lorat/graph";
import { createTracker, type Frame, loadModel, type Target } from "lorat";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "nano" },
    frames: { type: "string", default: "20000" },
    trackers: { type: "string", default: "200" },
    threads: { type: "string", default: "1" },
  },
});
const frameCount = Number(values.frames);
const trackerCount = Number(values.trackers);
/** Frames, and trackers, before the first look: pools and caches fill. */
const settled = { frames: 500, trackers: 20 } as const;
/** A second and a third target come and go in turns of this many frames. */
const turn = 250;
const largestGrowthMb = 20;

const size = { width: 320, height: 240 };
const pictures = Array.from({ length: 16 }, (_, i): Frame => {
  const data = new Uint8Array(size.width * size.height * 3);
  for (let at = 0; at < data.length; at++) data[at] = (at * 31 + (at >> 7) * 17 + i * 13) & 255;
  return { ...size, channels: 3, data };
});
const picture = (i: number) => pictures[i % pictures.length]!;
const box = (i: number) => ({ x: 40 + 60 * i, y: 80, width: 50, height: 60 });
const megabytes = () => process.memoryUsage.rss() / 1e6;

const model = await loadModel(values.model);
const options = { device: "cpu", threads: Number(values.threads) } as const;

/** Megabytes that the process grew by. */
async function trackFrames(): Promise<number> {
  const tracker = await createTracker(model, options);
  const targets: Target[] = [await tracker.start(picture(0), box(0))];
  let before = 0;
  for (let i = 1; i <= frameCount; i++) {
    if (i % turn === 0) {
      for (const extra of targets.splice(1)) extra.dispose();
      const extras = (i / turn) % 3;
      for (let k = 1; k <= extras; k++) targets.push(await tracker.start(picture(i), box(k)));
    }
    await tracker.trackAll(picture(i), targets);
    if (i === Math.min(settled.frames, frameCount)) before = megabytes();
    if (i % 2000 === 0) console.log(`${i} frames: ${megabytes().toFixed(1)} MB`);
  }
  await tracker.dispose();
  return megabytes() - before;
}

/** Megabytes that the process grew by. */
async function openTrackers(): Promise<number> {
  let before = 0;
  for (let i = 1; i <= trackerCount; i++) {
    const tracker = await createTracker(model, options);
    const target = await tracker.start(picture(0), box(0));
    await target.track(picture(1));
    await tracker.dispose();
    if (i === Math.min(settled.trackers, trackerCount)) before = megabytes();
    if (i % 50 === 0) console.log(`${i} trackers: ${megabytes().toFixed(1)} MB`);
  }
  return megabytes() - before;
}

const byFrames = await trackFrames();
const byTrackers = await openTrackers();
const left = Session.open;
console.log(`${frameCount} frames: ${byFrames.toFixed(1)} MB more than after ${settled.frames}`);
console.log(
  `${trackerCount} trackers: ${byTrackers.toFixed(1)} MB more than after ${settled.trackers}, ${left} sessions open`,
);
if (byFrames > largestGrowthMb || byTrackers > largestGrowthMb || left > 0) process.exitCode = 1;
