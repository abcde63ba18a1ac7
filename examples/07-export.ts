/**
 * Writes a trained run as a model folder and as ONNX: node scripts/run.mjs examples/07-export.ts RUN
 * For example the run of 04-train.ts. The model folder is what `loadTracker` and `lorat track --model` take.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineRun, exportOnnx, exportRun } from "lorat";

const [run = "run"] = process.argv.slice(2);
const config = defineRun(JSON.parse(await readFile(join(run, "config.json"), "utf8")));
const { step } = await exportRun(run, config, join(run, "exported"), { force: true });
await exportOnnx(run, config, join(run, "network.onnx"), { force: true });
console.log(`step ${step}: ${join(run, "exported")} and ${join(run, "network.onnx")}`);
