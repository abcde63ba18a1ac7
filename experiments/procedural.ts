/**
 * How a model does on procedural clips of each difficulty, from seeds that were never trained on: success AUC, how soon it
 * says `lost` and `tracked` again, how often it says `lost` wrongly; by the method's own loop and with re-detection.
 *
 *   npm run build && node scripts/run.mjs experiments/procedural.ts [--model nano] [--clips 40] [--frames 80] [--first-seed 10000]
 *     [--difficulties out-of-view,occlusion] [--threads N] [--redetect both|on|off] [--json FILE]
 *
 * About 20 ms of processor time for each frame and loop: 40 clips of all six, both loops, take ten minutes of one core.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Difficulty, loadTracker } from "lorat";
import { proceduralReport, proceduralTable } from "lorat/parts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "nano" },
    clips: { type: "string", default: "40" },
    frames: { type: "string", default: "80" },
    "first-seed": { type: "string", default: "10000" },
    difficulties: { type: "string" },
    threads: { type: "string" },
    redetect: { type: "string", default: "both" },
    json: { type: "string" },
  },
});

const { model, redetect, threads } = values;
const load = (on: boolean) =>
  loadTracker(model, { device: "cpu", redetect: on, ...(threads && { threads: Number(threads) }) });
const trackers = {
  ...(redetect !== "on" && { loop: await load(false) }),
  ...(redetect !== "off" && { redetect: await load(true) }),
};
const began = process.cpuUsage();
const rows = await proceduralReport(trackers, {
  clips: Number(values.clips),
  frames: Number(values.frames),
  firstSeed: Number(values["first-seed"]),
  ...(values.difficulties && { difficulties: values.difficulties.split(",") as Difficulty[] }),
  onClip: (done, total) => {
    if (done % 10 === 0) console.error(`${done}/${total} clips`);
  },
});
const { user, system } = process.cpuUsage(began);
for (const tracker of Object.values(trackers)) await tracker.dispose();
console.log(proceduralTable(rows));
console.error(`${((user + system) / 1e6).toFixed(0)} s of processor time`);
if (values.json) await writeFile(values.json, `${JSON.stringify({ ...values, rows }, null, 2)}\n`);
