/**
 * Follows an object through a video: node scripts/run.mjs examples/01-track-a-video.ts [VIDEO x,y,width,height]
 */
import { track } from "lorat";

const [video = "examples/clip/clip.mp4", text = "131.9,242.4,64.9,27.9"] = process.argv.slice(2);
const [x, y, width, height] = text.split(",").map(Number) as [number, number, number, number];

for await (const { frame, box, score, state } of track(video, { x, y, width, height })) {
  const size = `${box.width.toFixed(1)} x ${box.height.toFixed(1)}`;
  console.log(
    `${frame.index}: ${size} at ${box.x.toFixed(1)}, ${box.y.toFixed(1)}  ${score.toFixed(2)} ${state}`,
  );
}
