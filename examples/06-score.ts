/**
 * Scores result files of any tracker: node scripts/run.mjs examples/06-score.ts KIND:PATH RESULTS
 * For example those of 05-evaluate.ts: folder:evaluation/clips evaluation/run/results
 */
import { score } from "lorat";

const [dataset = "folder:evaluation/clips", results = "evaluation/run/results"] = process.argv.slice(2);
const { overall, sequences } = await score({ dataset, results });
console.log(`success AUC ${(100 * overall.scores.auc).toFixed(1)} over ${sequences.length} sequences`);
