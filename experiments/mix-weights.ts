/**
 * A model between two others of one network: every tensor is `share` of the second's and the rest of the first's. Averages of the start and
 * the end of a training often do better on what was not trained on (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
 * The stem, and what the first lacks, are the second's: features of two stems are no average of each other.
 *
 *   npm run build && node scripts/run.mjs experiments/mix-weights.ts --from MODEL --to MODEL --out FOLDER [--share 0.6]
 */
import { parseArgs } from "node:util";
import type { Tensor } from "@lorat/graph";
import { loadModel } from "lorat";
import { saveModel } from "../packages/lorat/src/models/save-model.ts";
import { tensorReader } from "../packages/lorat/src/train/stored-tensors.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string" },
    to: { type: "string" },
    out: { type: "string" },
    share: { type: "string", default: "0.6" },
  },
});
const share = Number(values.share);
if (!values.from || !values.to || !values.out || !(share >= 0 && share <= 1)) {
  console.error("usage: experiments/mix-weights.ts --from MODEL --to MODEL --out FOLDER [--share 0 to 1]");
  process.exit(2);
}
const [first, second] = [await loadModel(values.from), await loadModel(values.to)];
const reader = tensorReader();
const mixed = new Map<string, Tensor<"float32">>();
for (const [name, stored] of second.weights) {
  const tensor = await reader.tensor(stored);
  mixed.set(name, tensor);
  const other = first.weights.get(name);
  if (!other || name.startsWith("stem.")) continue;
  const start = await reader.numbers(other);
  for (const [i, value] of tensor.data.entries()) tensor.data[i] = (1 - share) * start[i]! + share * value;
}
await reader.dispose();
const note = `${share} of ${values.to} and ${(1 - share).toFixed(2)} of ${values.from}`;
await saveModel(values.out, second.config.variant, mixed, [note]);
console.log(`${values.out}: ${note}`);
