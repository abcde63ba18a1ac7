/**
 * One-pass evaluation over a folder of annotated sequences, beside what repeating the first box gives, and what published
 * trackers give on the same frames when a `reference_scores.json` is there.
 *
 *   node scripts/run.mjs experiments/sequences.ts [--data ../shared/data/sequences] [--model nano] [--json FILE]
 */
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadTracker } from "lorat";
import { listSequences, runSequence, scoreSequence } from "lorat/parts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/sequences" },
    model: { type: "string", default: "nano" },
    json: { type: "string" },
  },
});

if (!existsSync(values.data)) {
  console.error(`${values.data} is not there: give a folder of sequences with --data`);
  process.exit(1);
}

interface Reference {
  sequences: Record<string, { trackers: Record<string, { auc: number }> }>;
}
const referenceFile = join(values.data, "reference_scores.json");
const reference: Reference | undefined = existsSync(referenceFile)
  ? JSON.parse(readFileSync(referenceFile, "utf8"))
  : undefined;
const peers = ["SiamFC", "Struck", "ATOM"];

const tracker = await loadTracker(values.model);
const rows: Record<string, unknown>[] = [];
const percent = (value: number | undefined) => (value === undefined ? "" : value.toFixed(1));
for (const sequence of await listSequences(values.data)) {
  const run = await runSequence(tracker, sequence);
  const scores = scoreSequence(sequence, run.boxes);
  const first = scoreSequence(
    sequence,
    sequence.truth.map(() => sequence.truth[0]!),
  );
  const published = reference?.sequences[sequence.name]?.trackers;
  rows.push({
    sequence: sequence.name,
    frames: sequence.truth.length,
    [values.model]: scores.auc * 100,
    "precision@20px": scores.precision * 100,
    "first box": first.auc * 100,
    ...Object.fromEntries(peers.map((peer) => [peer, published?.[peer]?.auc])),
    "frames/s": run.framesPerSecond,
  });
}
await tracker.dispose();
const columns = Object.keys(rows[0]!);
const mean = Object.fromEntries(
  columns.map((column) => {
    const numbers = rows
      .map((row) => row[column])
      .filter((value): value is number => typeof value === "number");
    const complete = numbers.length === rows.length && column !== "frames";
    return [column, complete ? numbers.reduce((a, b) => a + b, 0) / numbers.length : undefined];
  }),
);
rows.push({ ...mean, sequence: "mean" });
console.log("success AUC in percent, 21 thresholds, IoU > t, every frame from the first on");
console.log(columns.map((column, i) => (i === 0 ? column.padEnd(22) : column.padStart(15))).join(""));
for (const row of rows) {
  const cells = columns.map((column, i) => {
    const value = row[column];
    if (i === 0) return String(value).padEnd(22);
    return (column === "frames" ? String(value ?? "") : percent(value as number | undefined)).padStart(15);
  });
  console.log(cells.join(""));
}
if (values.json) await writeFile(values.json, `${JSON.stringify({ model: values.model, rows }, null, 2)}\n`);
