import { readFileSync } from "node:fs";
import { createTracker } from "@lorat/core";
import { listSequences, scoreSequence } from "lorat";
import { follow } from "../packages/lorat/src/trackers/follow.ts";
import { decodeImage } from "../packages/lorat/src/media/image-folder.ts";
import { loadModel } from "../packages/lorat/src/trackers/model/load-tracker.ts";
import { asPictureTracker } from "../packages/lorat/src/trackers/follow.ts";

const [modelPath, folder, variantsFile, precision = "fp32"] = process.argv.slice(2) as string[];
const variants = JSON.parse(readFileSync(variantsFile!, "utf8")) as Record<string, any>;
const base = await loadModel(modelPath!, {});
const sums: Record<string, number[]> = {};
const trackers: Record<string, any> = {};
for (const [name, v] of Object.entries(variants)) {
  const { windowWeight, ...loop } = v;
  trackers[name] = await createTracker({ ...base, loop: { ...base.loop, ...loop } } as any, { threads: 1, device: "cpu", precision: precision as any, windowWeight });
}
const sequences = await listSequences(folder!);
const verbose = sequences.length < 10 || process.env.V;
for (const s of sequences) {
  const frames: any[] = [];
  for (let i = 0; i < s.pictures.length; i++) frames.push(await decodeImage(s.pictures[i]!, i));
  const line: string[] = [];
  for (const name of Object.keys(variants)) {
    const pt = asPictureTracker(trackers[name]) as any;
    const { boxes } = await follow(pt.tracker, (async function* () { yield* frames; })() as any, s.truth[0]!, {});
    const auc = 100 * scoreSequence(s, boxes).auc;
    (sums[name] ??= []).push(auc);
    line.push(auc.toFixed(1));
  }
  if (verbose) console.log(s.name.padEnd(32), line.map((t) => t.padStart(8)).join(""));
}
for (const [name, list] of Object.entries(sums)) console.log(name.padEnd(40), (list.reduce((a, b) => a + b, 0) / list.length).toFixed(2));
process.exit(0);
