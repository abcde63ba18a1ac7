/**
 * Follows an object through a video: node scripts/run.mjs examples/01-track-a-video.ts [VIDEO x,y,width,height]
 */
import { loadTracker, openFrames } from "lorat";

const [video = "examples/clip/clip.mp4", box = ""] = process.argv.slice(2);
const given = box === "" ? await firstBox() : box.split(",").map(Number);
const [x, y, width, height] = given as [number, number, number, number];

const tracker = await loadTracker("nano", { device: "auto" });
const frames = (await openFrames(video)).frames();
const first = await frames[Symbol.asyncIterator]().next();
const target = await tracker.start(first.value, { x, y, width, height });
for await (const frame of frames) {
  const { box, score, state } = await target.track(frame);
  const corner = `${box.x.toFixed(1)}, ${box.y.toFixed(1)}`;
  console.log(
    `${frame.index}: ${box.width.toFixed(1)} x ${box.height.toFixed(1)} at ${corner}  ${score.toFixed(2)} ${state}`,
  );
}
await tracker.dispose();

/** The annotated box of the bundled clip's first frame. */
async function firstBox(): Promise<number[]> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile("examples/clip/groundtruth.txt", "utf8");
  return text.split("\n")[0]!.split(",").map(Number);
}
