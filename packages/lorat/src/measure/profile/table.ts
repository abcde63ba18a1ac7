import { gigabytes } from "./memory.ts";
import type { SpeedRow, TrainingFigures, TrainingRow } from "./profile.ts";
import type { Spread } from "./statistics.ts";

/** Rows of text in columns that are as wide as their widest cell; the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Sizes and speeds as a table for people. */
export function speedTable(rows: readonly SpeedRow[]): string {
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
    ]),
  ]);
}

/** Both sides of each variant, and LoRA's share of full fine-tuning, as a table for people. */
export function trainingTable(rows: readonly TrainingRow[]): string {
  const side = (name: string, figures: TrainingFigures) => [
    name,
    `${(figures.trainedParams / 1e6).toFixed(2)} M`,
    digits(figures.seconds.median),
    range(figures.seconds),
    digits(figures.optimizerSeconds.median),
    digits(figures.processorSeconds.median),
    gigabytes(figures.peakBytes),
  ];
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
    ],
    ...rows.flatMap((row) => [
      [row.variant, row.device, String(row.batch), ...side("LoRA", row.lora)],
      ["", "", "", ...side("full", row.full)],
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
      ],
    ]),
  ]);
}

function range({ low, high }: Spread): string {
  return `(${digits(low)} to ${digits(high)})`;
}

/** Three digits that count. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
