import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { writeWhole } from "../files/pending-file.ts";
import { shortNumber } from "../report/series.ts";
import { terminalChart } from "../report/terminal-chart.ts";
import { textTable } from "../report/text-table.ts";
import { runCharts } from "../runs/charts.ts";
import type { EvaluationSummary } from "../runs/evaluation/summary.ts";
import { runReport } from "../runs/html-report.ts";
import { type Run, readRun } from "../runs/read-run.ts";
import { listRuns, type RunSummary, runWarnings, summariseRun } from "../runs/summary.ts";
import { exportCommand } from "./runs-export.ts";

type ShowOptions = ReturnType<ReturnType<typeof showCommand>["opts"]>;

/** `lorat runs`: what runs are doing and what they came to. */
export function runsCommand() {
  return new Command("runs")
    .description("look at runs, live or finished; write what they trained")
    .addCommand(showCommand().action(show))
    .addCommand(listCommand())
    .addCommand(exportCommand());
}

function showCommand() {
  return new Command("show")
    .description("draw the curves of a run; several runs are overlaid")
    .argument("<run...>", "folders of runs")
    .option("--html <file>", "also write a page with the curves, which needs no network")
    .option("--smooth <share>", "smoothing of the curves in the terminal, 0 to below 1", share, 0.9)
    .option("--force", "replace a page that exists")
    .option("--json", "print one JSON array: the records and a summary of each run");
}

function listCommand() {
  return new Command("list")
    .description("list the trainings and evaluations below a folder")
    .argument("<folder>", "folder that holds folders of runs")
    .option("--json", "print one JSON array of summaries")
    .action(list);
}

async function show(folders: readonly string[], options: ShowOptions): Promise<void> {
  const runs = await Promise.all(folders.map(readRun));
  if (options.html !== undefined) {
    await writeWhole(options.html, await runReport(runs), { force: options.force });
  }
  if (options.json) {
    console.log(
      JSON.stringify(
        runs.map((run) => ({ summary: summariseRun(run), ...run })),
        null,
        2,
      ),
    );
    return;
  }
  for (const run of runs) for (const line of heading(run)) console.log(line);
  const columns = Math.min(process.stdout.columns ?? 100, 160);
  const colour = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  for (const chart of runCharts(runs, { smoothing: options.smooth })) {
    console.log();
    for (const line of terminalChart(chart, { columns, colour })) console.log(line);
  }
  if (options.html !== undefined) console.log(`\nthe page is in ${options.html}`);
}

function heading(run: Run): string[] {
  const summary = summariseRun(run);
  const done = summary.steps === undefined ? `${summary.step}` : `${summary.step} of ${summary.steps}`;
  const checkpoint =
    summary.lastCheckpoint === undefined ? "no checkpoint yet" : `checkpoint at ${summary.lastCheckpoint}`;
  const age = summary.lastWritten ? `last record ${ago(summary.lastWritten)}` : "no records yet";
  return [
    `${run.folder}  ${run.config?.name ?? ""}  step ${done}, ${checkpoint}, ${age}`,
    ...runWarnings(run).map((warning) => `  ! ${warning}`),
  ];
}

async function list(folder: string, { json }: { json?: true | undefined }): Promise<void> {
  const summaries = await listRuns(folder);
  if (json) {
    console.log(JSON.stringify(summaries, null, 2));
    return;
  }
  if (summaries.length === 0) console.log(`no runs below ${folder}`);
  const trainings = summaries.filter((one) => one.kind === "training");
  const evaluations = summaries.filter((one) => one.kind === "evaluation");
  const tables = [
    ...(trainings.length > 0 ? [textTable(trainingRows(trainings))] : []),
    ...(evaluations.length > 0 ? [textTable(evaluationRows(evaluations))] : []),
  ];
  if (tables.length > 0) console.log(tables.join("\n\n"));
}

function trainingRows(summaries: readonly RunSummary[]): string[][] {
  const number = (value: number | undefined) => (value === undefined ? "" : shortNumber(value));
  return [
    ["run", "config", "step", "loss", "IoU", "val. loss", "AUC", "pairs/s", "warnings", "last record"],
    ...summaries.map((one) => [
      one.folder,
      one.config ?? "",
      one.steps === undefined ? `${one.step}` : `${one.step}/${one.steps}`,
      number(one.loss),
      number(one.iou),
      number(one.validationLoss),
      number(one.auc),
      number(one.samplesPerSecond),
      one.warnings > 0 ? String(one.warnings) : "",
      one.lastWritten ? ago(one.lastWritten) : "",
    ]),
  ];
}

function evaluationRows(summaries: readonly EvaluationSummary[]): string[][] {
  return [
    ["evaluation", "tracker", "dataset", "sequences", "last result"],
    ...summaries.map(({ folder, tracker, dataset, finished, sequences, lastWritten }) => [
      folder,
      tracker,
      dataset,
      `${finished}/${sequences}`,
      lastWritten ? ago(lastWritten) : "",
    ]),
  ];
}

function ago(date: Date): string {
  const seconds = Math.max(0, (Date.now() - date.getTime()) / 1000);
  if (seconds < 120) return `${Math.round(seconds)} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError("a number from 0 to below 1 is needed");
  return value;
}
