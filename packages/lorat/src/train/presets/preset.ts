import type { RunConfig } from "../../runs/run-config.ts";

/** What a preset has to be told; each says what it needs when it is missing. */
export interface PresetOptions {
  /** Folder with the datasets, or with the project's own training material for `nano`. */
  readonly data?: string;
  /** Where a dataset is that is not below `data`, by kind: `lasot`, `trackingnet`, `got10k`, `coco`. */
  readonly datasets?: Readonly<Record<string, string>>;
  /** File with the GOT-10k sequences that share nothing with VOT (`vot train split`), one name or position a line. */
  readonly got10kList?: string;
  /** Model folder of the backbone, or of the tracker that is adapted. */
  readonly base?: string;
  /** Optimiser steps in all; the preset's own when left out. */
  readonly steps?: number;
  readonly seed?: number;
}

/** A run that can be started by its name. */
export interface Preset {
  readonly name: string;
  /** What it trains, a few words. */
  readonly summary: string;
  /** Scores to expect, in percent, and where they are from. */
  readonly expected: string;
  /** What has to be there before it starts. */
  readonly needs: string;
  /** The run. Throws `PRESET_BASE`, `PRESET_LIST`, `DATA_PLACE` for what is missing. */
  readonly config: (options: PresetOptions) => RunConfig;
}
