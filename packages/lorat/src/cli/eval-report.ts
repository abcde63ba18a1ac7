import { type ProtocolName, protocolOf } from "@lorat/core/metrics";
import type { Evaluation } from "../evaluate/run/evaluate.ts";
import { type RunScore, scoreRun } from "../evaluate/run/score-run.ts";
import { scoreJson } from "../evaluate/score/score-json.ts";
import { percent, scoreTable } from "../evaluate/score/score-table.ts";

interface EvalReportOptions {
  readonly folder: string;
  readonly protocol: ProtocolName;
  readonly json: boolean;
}

/** Prints the scores of an evaluation, of what is finished where sequences failed: a table, or one JSON object. Throws what {@link scoreRun} throws. */
export async function printEvaluation(
  { set, plan, failure }: Evaluation,
  { folder, protocol, json }: EvalReportOptions,
): Promise<void> {
  const score = await scoreRun(folder, set.annotations, protocolOf(protocol), {
    allowMissing: failure !== undefined,
  });
  const unscored = set.sequences.length - set.annotations.sequences.length;
  if (json) {
    const { tracker, dataset, repeat } = plan.record;
    const failed = failure && { code: failure.code, message: failure.message, issues: failure.issues };
    const run = { folder, tracker, dataset, repeat, unscored, ...(failed && { failed }) };
    console.log(JSON.stringify({ ...(score ? meanJson(score) : { suc: null }), run }, null, 2));
    return;
  }
  if (score) console.log(scoreText(score));
  if (unscored > 0) {
    const which = score ? `${unscored} of ${set.sequences.length} sequences have` : "the sequences have";
    console.error(
      `${which} no published annotation to score against; lorat submission writes what the benchmark takes`,
    );
  }
  console.error(`result files: ${folder}`);
}

function meanJson({ mean, runs }: RunScore) {
  const repeats = runs.map((run) => {
    const { suc, p, pNorm, ao, sr50, sr75 } = scoreJson(run);
    return { suc, p, pNorm, ao, sr50, sr75 };
  });
  return { ...scoreJson(mean), repeats };
}

function scoreText({ mean, runs }: RunScore): string {
  const table = scoreTable(mean, { sequences: mean.sequences.length <= 20 });
  if (runs.length === 1) return table;
  const each = runs.map(({ overall }) => percent(overall.scores.auc));
  return `${table}\nSUC of each of ${runs.length} runs: ${each.join(", ")}; above is their mean`;
}
