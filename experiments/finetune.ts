/**
 * Does fine-tuning on some clips help on others? Adapts the model to three of the sequences of a folder and tracks those that
 * are left, before and after; every way to choose three, or the first so many.
 *
 *   npm run build && node scripts/run.mjs experiments/finetune.ts [--data ../shared/data/sequences] [--model nano] [--choices 10]
 *     [--first 0] [--steps 300] [--learning-rate RATE] [--threads N] [--json FILE]
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { finetune, loadTracker } from "lorat";
import { listSequences, runSequence, type Sequence, scoreSequence } from "lorat/parts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/sequences" },
    model: { type: "string", default: "nano" },
    choices: { type: "string", default: "10" },
    steps: { type: "string", default: "300" },
    "learning-rate": { type: "string" },
    first: { type: "string", default: "0" },
    threads: { type: "string" },
    json: { type: "string" },
  },
});
if (!existsSync(values.data)) {
  console.error(`${values.data} is not there: give a folder of sequences with --data`);
  process.exit(1);
}
const threads = values.threads === undefined ? {} : { threads: Number(values.threads) };
const trainedOn = 3;
const sequences = await listSequences(values.data);

/** All ways to choose `count` of `items`. */
function choices<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return items.flatMap((item, i) => choices(items.slice(i + 1), count - 1).map((rest) => [item, ...rest]));
}

/** Success AUC of each sequence, percent. */
async function score(chosen: readonly Sequence[], adapter?: string): Promise<Map<string, number>> {
  const tracker = await loadTracker(values.model, { device: "cpu", ...threads, adapter });
  const scores = new Map<string, number>();
  for (const sequence of chosen) {
    const { boxes } = await runSequence(tracker, sequence);
    scores.set(sequence.name, 100 * scoreSequence(sequence, boxes).auc);
  }
  await tracker.dispose();
  return scores;
}

const first = Number(values.first);
const chosenOnes = choices(sequences, trainedOn).slice(first, first + Number(values.choices));
const rate = values["learning-rate"] === undefined ? {} : { learningRate: Number(values["learning-rate"]) };
const folder = await mkdtemp(join(tmpdir(), "lorat-bench-finetune-"));
const before = await score(sequences);
const rows: { readonly trained: string[]; readonly before: number; readonly after: number }[] = [];
const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
try {
  for (const [i, chosen] of chosenOnes.entries()) {
    const clips = join(folder, `clips-${i}`);
    await mkdir(clips);
    for (const { name, folder } of chosen) await symlink(resolve(folder), join(clips, name));
    const options = {
      model: values.model,
      clips,
      out: join(folder, `out-${i}`),
      steps: Number(values.steps),
    };
    const result = await finetune({ ...options, ...rate, device: "cpu", ...threads });
    const others = sequences.filter((sequence) => !chosen.includes(sequence));
    const after = result.adapter ? await score(others, result.adapter) : before;
    const row = {
      trained: chosen.map(({ name }) => name),
      before: mean(others.map(({ name }) => before.get(name)!)),
      after: mean(others.map(({ name }) => after.get(name)!)),
    };
    rows.push(row);
    const each = others.map(
      ({ name }) => `${name} ${before.get(name)!.toFixed(1)} -> ${after.get(name)!.toFixed(1)}`,
    );
    const held = `${(100 * result.before.auc).toFixed(1)} -> ${(100 * result.best.auc).toFixed(1)}`;
    console.log(
      `on ${row.trained.join(", ")} (held-out ends ${held}, ${result.steps} steps): ${each.join(", ")}; mean ${row.before.toFixed(1)} -> ${row.after.toFixed(1)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const [was, is] = [mean(rows.map((row) => row.before)), mean(rows.map((row) => row.after))];
const better = rows.filter((row) => row.after > row.before).length;
console.log(
  `mean AUC of the others over ${rows.length} choices: ${was.toFixed(1)} before, ${is.toFixed(1)} after; better in ${better}`,
);
if (values.json) await writeFile(values.json, `${JSON.stringify({ model: values.model, rows }, null, 2)}\n`);
