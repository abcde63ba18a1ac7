/**
 * Which settings of the loop suit a model? Tracks every clip of a folder by each of several settings and prints the mean success AUC. Choose
 * by whole clips that were held out of the training, not by those that the model is compared with others on.
 *
 *   npm run build && node scripts/run.mjs experiments/loop.ts --data CLIPS [--model nano] [--settings FILE.json] [--precision fp32] [--each]
 *
 * FILE.json: names, and what differs from the model's own loop, as { "slow": { "sizeGain": 0.1 }, "memory": { "reference":
 * { "everyFrames": 5, "scoreFrom": 0.6 } } }.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LoopSettings, Precision } from "@lorat/core";
import { createTracker } from "@lorat/core/model";
import { loadModel } from "lorat";
import { listSequences, runSequence, scoreSequence } from "lorat/parts";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    model: { type: "string", default: "nano" },
    settings: { type: "string" },
    precision: { type: "string", default: "fp32" },
    each: { type: "boolean", default: false },
  },
});
if (!values.data) {
  console.error(
    "usage: node scripts/run.mjs experiments/loop.ts --data CLIPS [--model nano] [--settings FILE]",
  );
  process.exit(2);
}
const settings: Record<string, LoopSettings> = {
  "the model's own": {},
  ...(values.settings && JSON.parse(readFileSync(values.settings, "utf8"))),
};
const model = await loadModel(values.model);
const sequences = await listSequences(values.data);
const columns = Object.keys(settings);
const scores = new Map(columns.map((name) => [name, [] as number[]]));
const trackers = await Promise.all(
  columns.map((name) =>
    createTracker(
      { ...model, loop: { ...model.loop, ...settings[name] } },
      { device: "cpu", threads: 1, precision: values.precision as Precision },
    ),
  ),
);
if (values.each) console.log(columns.join("  "));
for (const sequence of sequences) {
  const row: string[] = [];
  for (const [i, name] of columns.entries()) {
    const { boxes } = await runSequence(trackers[i]!, sequence);
    const auc = 100 * scoreSequence(sequence, boxes).auc;
    scores.get(name)!.push(auc);
    row.push(auc.toFixed(1).padStart(7));
  }
  if (values.each) console.log(sequence.name.padEnd(34), row.join(""));
}
for (const [name, own] of scores) {
  const mean = own.reduce((sum, auc) => sum + auc, 0) / own.length;
  console.log(`${mean.toFixed(2)}  ${name}  (${own.length} clips)`);
}
await Promise.all(trackers.map((tracker) => tracker.dispose()));
