// npm start: gets the checkout ready, tracks the bundled clip with the bundled model, and says how well and how fast.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

const clip = join(root, "examples", "clip", "clip.mp4");
const groundTruth = join(root, "examples", "clip", "groundtruth.txt");
const outputs = {
  out: join(root, "out", "clip-boxes.txt"),
  scores: join(root, "out", "clip-scores.csv"),
  video: join(root, "out", "clip-tracked.mp4"),
};

try {
  setUp();
  for (const path of [clip, groundTruth]) {
    if (!existsSync(path)) throw new Error(`the bundled clip is missing: ${relative(root, path)}`);
  }
  const load = (path) => import(pathToFileURL(join(root, path)).href);
  const { readBoxes } = await load("packages/lorat/dist/datasets/boxes/box-rows.js");
  const { continuousOnePass } = await load("packages/core/dist/metrics/index.js");

  const truth = await readBoxes(groundTruth);
  const { x, y, width, height } = truth[0];
  console.log(`Tracking ${relative(root, clip)} ...`);
  const summary = track(`${x},${y},${width},${height}`);
  const predicted = await readBoxes(outputs.out);
  const { scores } = continuousOnePass({ predicted, truth: truth.slice(0, predicted.length) });

  const { tracked, uncertain, lost } = summary.targets[0].states;
  const line = (name, value) => console.log(`  ${name.padEnd(18)}${value}`);
  console.log(
    `\n${summary.frames} frames of ${summary.width}x${summary.height} with the model ${summary.model}`,
  );
  line("speed", `${summary.framesPerSecond.toFixed(1)} frames/s, decoding and writing the video included`);
  line("mean IoU", `${(100 * scores.ao).toFixed(1)} %`);
  line("success AUC", (100 * scores.auc).toFixed(1));
  line("states", `${tracked} tracked, ${uncertain} uncertain, ${lost} lost`);
  line("annotated video", relative(root, outputs.video));
  line("boxes", relative(root, outputs.out));
  line("scores", relative(root, outputs.scores));
  console.log("\nNow your own: npx lorat track VIDEO --box x,y,w,h --video out/mine.mp4");
} catch (error) {
  console.error(`npm start: ${error.message}`);
  process.exitCode = 1;
}

/** Runs `lorat track` on the clip; progress and errors are shown, the summary is returned. */
function track(box) {
  const main = join(root, "packages", "lorat", "dist", "cli", "main.js");
  const options = Object.entries(outputs).flatMap(([name, path]) => [`--${name}`, path]);
  const args = [main, "track", clip, "--box", box, "--model", "nano", ...options, "--force", "--json"];
  const { status, error, stdout } = spawnSync(process.execPath, args, {
    stdio: ["inherit", "pipe", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`lorat track ended with status ${status}`);
  return JSON.parse(stdout.toString());
}
