/**
 * Runs the default model over two procedural clips with known boxes: node scripts/run.mjs examples/05-evaluate.ts FOLDER
 * Started again, it goes on where it stopped.
 */
import { join } from "node:path";
import { evaluate, synthesise, writeSequence } from "lorat";

const [folder = "evaluation"] = process.argv.slice(2);
for (const seed of [1, 2]) {
  const clip = synthesise(seed, { width: 320, height: 240, frames: 20 });
  await writeSequence(join(folder, "clips", `clip-${seed}`), clip, { force: true });
}

const { tasks, finished } = await evaluate({
  dataset: `folder:${join(folder, "clips")}`,
  folder: join(folder, "run"),
  tracker: { kind: "model", model: "nano", device: "cpu", precision: "fp32", redetect: false },
  workers: 1,
});
console.log(
  `${tasks} sequences ${finished ? "finished" : "so far"}: result files in ${join(folder, "run", "results")}`,
);
