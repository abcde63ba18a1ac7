import { efficiencyOf, trainingOf } from "../../report/published/index.ts";
import { gigabytes } from "../memory.ts";
import { columns, digits, range } from "../table.ts";
import type { SpeedRow, TrainingFigures, TrainingRow } from "./profile.ts";

/** Sizes and speeds as a table for people. */
export function speedTable(rows: readonly SpeedRow[], { published = false }: PublishedOption = {}): string {
  const millions = (count: number) => `${(count / 1e6).toFixed(2)} M`;
  return columns([
    [
      "variant",
      "train",
      "LoRA",
      "head",
      "inference",
      "GMACs",
      "device",
      "precision",
      "ms",
      "frames/s",
      "(10 to 90%)",
      "peak memory",
      ...(published ? ["published: params", "LoRA", "head", "GMACs", "frames/s"] : []),
    ],
    ...rows.map((row) => [
      row.variant,
      millions(row.trainParams),
      millions(row.loraParams),
      millions(row.headParams),
      millions(row.inferenceParams),
      row.gmacs.toFixed(2),
      row.device,
      row.precision,
      row.ms.median.toFixed(1),
      digits(row.framesPerSecond.median),
      range(row.framesPerSecond),
      gigabytes(row.peakBytes),
      ...(published ? publishedSpeedCells(row.variant) : []),
    ]),
  ]);
}

export interface PublishedOption {
  /** The paper's figures beside ours. */
  readonly published?: boolean;
}

function publishedSpeedCells(variant: string): string[] {
  const { paramsMillions, loraMillions, headMillions, gmacs, framesPerSecond } = efficiencyOf(variant) ?? {};
  const cell = (value: number | undefined, unit = "") => (value === undefined ? "-" : `${value}${unit}`);
  const sizes = [paramsMillions, loraMillions, headMillions].map((value) => cell(value, " M"));
  return [...sizes, cell(gmacs), cell(framesPerSecond)];
}

function publishedTrainingCells(variant: string, side: "LoRA" | "full"): string[] {
  const { hours, memoryGb, note } = trainingOf(variant, side) ?? {};
  return [
    hours === undefined ? (note ?? "-") : `${hours} h`,
    memoryGb === undefined ? "-" : `${memoryGb} GB`,
  ];
}

/** Both sides of each variant, and LoRA's share of full fine-tuning, as a table for people. */
export function trainingTable(
  rows: readonly TrainingRow[],
  { published = false }: PublishedOption = {},
): string {
  const side = (name: string, figures: TrainingFigures) => [
    name,
    `${(figures.trainedParams / 1e6).toFixed(2)} M`,
    digits(figures.seconds.median),
    range(figures.seconds),
    digits(figures.optimizerSeconds.median),
    digits(figures.processorSeconds.median),
    gigabytes(figures.peakBytes),
  ];
  const theirs = ({ variant }: TrainingRow, one: "LoRA" | "full") =>
    published ? publishedTrainingCells(variant, one) : [];
  return columns([
    [
      "variant",
      "device",
      "batch",
      "side",
      "trained",
      "s a step",
      "(10 to 90%)",
      "optimiser s",
      "processor s",
      "peak memory",
      ...(published ? ["published: training", "GPU memory"] : []),
    ],
    ...rows.flatMap((row) => [
      [row.variant, row.device, String(row.batch), ...side("LoRA", row.lora), ...theirs(row, "LoRA")],
      ["", "", "", ...side("full", row.full), ...theirs(row, "full")],
      [
        "",
        "",
        "",
        "LoRA / full",
        "",
        row.timeRatio.toFixed(2),
        "",
        "",
        row.processorRatio.toFixed(2),
        row.memoryRatio.toFixed(2),
        ...(published ? ["", ""] : []),
      ],
    ]),
  ]);
}
