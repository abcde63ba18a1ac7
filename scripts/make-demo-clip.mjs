// Renders the bundled clip anew: examples/clip/clip.mp4 and its groundtruth.txt. Run `npm run build` before.
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FilePathTarget, Mp4OutputFormat, Output, Quality, VideoSample, VideoSampleSource } from "mediabunny";
import { formatBox } from "../packages/lorat/dist/datasets/boxes/boxes-file.js";
import { registerEncoders } from "../packages/lorat/dist/media/video-encoder.js";
import { demoClip } from "../packages/lorat/dist/synth/demo/demo-clip.js";

const FPS = 30;
const folder = fileURLToPath(new URL("../examples/clip", import.meta.url));
const video = join(folder, "clip.mp4");
await mkdir(folder, { recursive: true });
registerEncoders();

// Not the package's own writer: this one takes its time, for a file that everybody downloads.
const output = new Output({
  format: new Mp4OutputFormat({ fastStart: "in-memory" }),
  target: new FilePathTarget(video),
});
const source = new VideoSampleSource({
  codec: "avc",
  quality: new Quality("high"),
  latencyMode: "quality",
  keyFrameInterval: 5,
});
output.addVideoTrack(source);
await output.start();

const clip = demoClip();
const boxes = [];
let leastVisible = 1;
for (const { frame, box, visibility } of clip) {
  const rgbx = new Uint8Array(clip.width * clip.height * 4);
  for (let i = 0; i < clip.width * clip.height; i++) {
    for (let c = 0; c < 3; c++) rgbx[i * 4 + c] = frame.data[i * 3 + c];
  }
  const sample = new VideoSample(rgbx, {
    format: "RGBX",
    codedWidth: clip.width,
    codedHeight: clip.height,
    timestamp: frame.index / FPS,
    duration: 1 / FPS,
  });
  await source.add(sample);
  sample.close();
  boxes.push(box ? formatBox(box) : "NaN,NaN,NaN,NaN");
  leastVisible = Math.min(leastVisible, visibility);
}
await output.finalize();
await writeFile(join(folder, "groundtruth.txt"), `${boxes.join("\n")}\n`);
const { size } = await stat(video);
console.log(
  `${video}: ${clip.length} frames, ${(size / 1e6).toFixed(2)} MB, at least ${Math.round(leastVisible * 100)}% visible`,
);
