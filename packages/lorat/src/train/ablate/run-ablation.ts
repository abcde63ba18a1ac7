import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parametersOf } from "@lorat/core/model";
import { type Device, LoratError, sizeOf } from "@lorat/graph";
import { writeJson, writeWhole } from "../../files/pending-file.ts";
import { chartPage, htmlTable } from "../../report/page.ts";
import { runCharts } from "../../runs/charts.ts";
import { type Run, readRun } from "../../runs/read-run.ts";
import type { StepRecord } from "../../runs/records.ts";
import { type RunConfig, runFiles } from "../../runs/run-config.ts";
import { train } from "../train.ts";
import { type AblationName, type AblationRow, ablationRows } from "./rows.ts";
import { type AblationResult, type RowSummary, summariseSteps, summaryCells } from "./summary.ts";

/** Points of a curve on the page. */
const points = 2000;

/** An ablation as one self-contained HTML file: its table, and every row's curves in the same charts. */
function ablationReport({ ablation, rows }: AblationResult, runs: readonly Run[]): Promise<string> {
  const [head, ...lines] = summaryCells(rows).map((cells) => cells.map((cell) => cell.trim()));
  const note =
    "Norms are of the gradient before clipping: medians of the first tenth of the steps, of all and of the last tenth. Loss and IoU are means of the last tenth. The star marks LoRAT as published.";
  return chartPage({
    title: `ablation: ${ablation}`,
    above: `<section>${htmlTable(head!, lines)}<p>${note}</p></section>`,
    charts: runCharts(runs, { points }),
  });
}

/** How an ablation's rows are trained and judged. */
export interface AblationOptions {
  /** Folder that gets one run folder a row. */
  readonly out: string;
  /** Names of the rows to run; default: all. */
  readonly rows?: readonly string[];
  readonly device?: Device;
  readonly threads?: number;
  readonly workers?: number;
  /** Saves the row in progress and stops; a later call goes on from there. */
  readonly signal?: AbortSignal;
  readonly onRow?: (row: AblationRow, position: number, count: number) => void;
  readonly onStep?: (record: StepRecord) => void;
}

/** What lies beside the rows' folders. */
export const ablationFiles = { summary: "ablation.json", report: "report.html" } as const;

/**
 * Repeats an ablation of the paper: one run for each row, alike in data, seeds and steps and different in one thing, each in
 * a folder of its own. A row that is finished is not run again, one that was interrupted goes on.
 *
 * Throws `ABLATION_ROW` for a row that there is not, and what training throws.
 */
export async function runAblation(
  ablation: AblationName,
  config: RunConfig,
  options: AblationOptions,
): Promise<AblationResult> {
  const rows = chosenRows(ablation, options.rows);
  await mkdir(options.out, { recursive: true });
  const summaries: RowSummary[] = [];
  for (const [position, row] of rows.entries()) {
    options.onRow?.(row, position, rows.length);
    const own = { ...row.change(config), name: `${config.name}-${row.name}` };
    const folder = join(options.out, row.name);
    const { finished } = await train(own, {
      folder,
      resume: await exists(join(folder, runFiles.config)),
      keep: 1,
      ...pass(options, ["device", "threads", "workers", "signal", "onStep"]),
    });
    if (!finished) return { ablation, rows: summaries, finished: false };
    summaries.push(await summariseRow(row, own, folder));
    await writeResult(options.out, { ablation, rows: summaries, finished: position === rows.length - 1 });
  }
  return { ablation, rows: summaries, finished: true };
}

function chosenRows(ablation: AblationName, names: readonly string[] | undefined): readonly AblationRow[] {
  const all = ablationRows[ablation];
  const unknown = names?.find((name) => !all.some((row) => row.name === name));
  if (unknown !== undefined) {
    throw new LoratError("ABLATION_ROW", `the ablation "${ablation}" has no row "${unknown}"`, {
      hint: `rows: ${all.map(({ name }) => name).join(", ")}`,
    });
  }
  return names ? all.filter(({ name }) => names.includes(name)) : all;
}

async function summariseRow(
  { name, title, published = false }: AblationRow,
  config: RunConfig,
  folder: string,
): Promise<RowSummary> {
  const run = await readRun(folder);
  const validation = run.validations.at(-1);
  const tracking = run.tracking.at(-1);
  return {
    name,
    title,
    published,
    trainable: trainableCount(config),
    ...summariseSteps(run.steps),
    validationLoss: validation?.loss,
    validationIou: validation?.iou,
    auc: tracking && tracking.auc * 100,
  };
}

function trainableCount({ model }: RunConfig): number {
  return parametersOf(model)
    .filter(({ role }) => role.trains)
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** The table as JSON, and the curves of all rows so far on one page. */
async function writeResult(folder: string, result: AblationResult): Promise<void> {
  await writeJson(join(folder, ablationFiles.summary), result, { force: true });
  const runs = await Promise.all(result.rows.map(({ name }) => readRun(join(folder, name))));
  await writeWhole(join(folder, ablationFiles.report), await ablationReport(result, runs), { force: true });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The options of those names that are given. */
function pass<T extends object, K extends keyof T>(options: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  ) as Pick<T, K>;
}
