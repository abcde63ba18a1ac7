import { mean, median } from "simple-statistics";
import { textTable } from "../../report/text-table.ts";
import type { AblationName } from "./rows.ts";

/** An ablation's rows so far. */
export interface AblationResult {
  readonly ablation: AblationName;
  readonly rows: readonly RowSummary[];
  /** False when it was interrupted before the last row's end. */
  readonly finished: boolean;
}

/** What a row of an ablation came to, out of the records of its run. */
export interface RowSummary {
  readonly name: string;
  readonly title: string;
  readonly published: boolean;
  /** Parameters that train. */
  readonly trainable: number;
  readonly steps: number;
  /** Medians of the gradient norm before clipping: over the first tenth, the whole run and its last tenth. */
  readonly gradNormFirst: number;
  readonly gradNorm: number;
  readonly gradNormLast: number;
  /** Means over the last tenth of the steps. */
  readonly loss: number;
  readonly iou: number;
  /** The last validation, where there was one. */
  readonly validationLoss?: number;
  readonly validationIou?: number;
  /** The last tracking test, percent. */
  readonly auc?: number;
}

/** The part of a step's record that is summarised. */
interface StepFigures {
  readonly loss: number;
  readonly iou: number;
  readonly gradNorm: number;
}

/** Norms and losses of a run; throws nothing, gives NaN where there are no steps. */
export function summariseSteps(steps: readonly StepFigures[]) {
  const tenth = Math.max(1, Math.floor(steps.length / 10));
  const last = steps.slice(-tenth);
  const norms = (part: readonly StepFigures[]) => median(part.map(({ gradNorm }) => gradNorm));
  return {
    steps: steps.length,
    gradNormFirst: norms(steps.slice(0, tenth)),
    gradNorm: norms(steps),
    gradNormLast: norms(last),
    loss: mean(last.map(({ loss }) => loss)),
    iou: mean(last.map(({ iou }) => iou)),
  };
}

/** The rows as cells of a table, the first line its heading; LoRAT's own is marked with a star. */
export function summaryCells(rows: readonly RowSummary[]): string[][] {
  const cell = (value: number | undefined, digits: number) =>
    value === undefined || Number.isNaN(value) ? "" : value.toFixed(digits);
  return [
    ["", "trained", "norm, first", "norm", "norm, last", "loss", "IoU", "val. loss", "val. IoU", "AUC"],
    ...rows.map((row) => [
      `${row.published ? "* " : "  "}${row.title}`,
      row.trainable.toLocaleString("en-US"),
      cell(row.gradNormFirst, 2),
      cell(row.gradNorm, 2),
      cell(row.gradNormLast, 2),
      cell(row.loss, 3),
      cell(row.iou, 3),
      cell(row.validationLoss, 3),
      cell(row.validationIou, 3),
      cell(row.auc, 1),
    ]),
  ];
}

/** The rows as a table for the terminal. */
export function summaryTable(rows: readonly RowSummary[]): string {
  return textTable(summaryCells(rows), ["left", "right"]);
}
