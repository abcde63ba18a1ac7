/** Speed and size of a tracker as the poster prints them; what it does not print is left out. */
export interface PublishedEfficiency {
  readonly name: string;
  /** Its name among the published trackers, where that is another. */
  readonly tracker?: string;
  /** On the authors' GPU. */
  readonly framesPerSecond: number;
  /** Multiply-accumulates of one frame, in units of 10^9. */
  readonly gmacs: number;
  /** Parameters in all, of the adapters and of the head, millions. */
  readonly paramsMillions?: number;
  readonly loraMillions?: number;
  readonly headMillions?: number;
}

/** The poster's table of inference efficiency. */
export const PUBLISHED_EFFICIENCY: readonly PublishedEfficiency[] = [
  {
    name: "SwinTrack-B-384",
    tracker: "SwinTrack-384",
    framesPerSecond: 45.0,
    gmacs: 69.7,
    paramsMillions: 91.0,
  },
  { name: "OSTrack-256", framesPerSecond: 130.0, gmacs: 21.5 },
  { name: "OSTrack-384", framesPerSecond: 68.0, gmacs: 48.3 },
  { name: "SeqTrack-B256", framesPerSecond: 38.0, gmacs: 66.0, paramsMillions: 89.0 },
  {
    name: "SeqTrack-L384",
    tracker: "SeqTrack-L-384",
    framesPerSecond: 6.0,
    gmacs: 524.0,
    paramsMillions: 309.0,
  },
  {
    name: "LoRAT-B-224",
    framesPerSecond: 209.0,
    gmacs: 30.0,
    paramsMillions: 99.0,
    loraMillions: 11.0,
    headMillions: 2.0,
  },
  {
    name: "LoRAT-B-378",
    framesPerSecond: 151.0,
    gmacs: 97.0,
    paramsMillions: 99.0,
    loraMillions: 11.0,
    headMillions: 2.0,
  },
  {
    name: "LoRAT-L-224",
    framesPerSecond: 119.0,
    gmacs: 103.0,
    paramsMillions: 336.0,
    loraMillions: 28.0,
    headMillions: 4.0,
  },
  {
    name: "LoRAT-L-378",
    framesPerSecond: 63.0,
    gmacs: 325.0,
    paramsMillions: 336.0,
    loraMillions: 28.0,
    headMillions: 4.0,
  },
  {
    name: "LoRAT-g-224",
    framesPerSecond: 50.0,
    gmacs: 378.0,
    paramsMillions: 1216.0,
    loraMillions: 71.0,
    headMillions: 9.0,
  },
  {
    name: "LoRAT-g-378",
    framesPerSecond: 20.0,
    gmacs: 1161.0,
    paramsMillions: 1216.0,
    loraMillions: 71.0,
    headMillions: 9.0,
  },
];

/** What training a variant took the authors. */
export interface PublishedTraining {
  readonly side: "LoRA" | "full";
  readonly variant: string;
  /** Of the whole training, on their GPUs; undefined where it did not fit. */
  readonly hours?: number;
  /** Of a GPU. */
  readonly memoryGb?: number;
  readonly note?: string;
}

/** The poster's table of training efficiency: LoRA beside full fine-tuning. */
export const PUBLISHED_TRAINING: readonly PublishedTraining[] = [
  { side: "LoRA", variant: "B-224", hours: 5.9, memoryGb: 2.4 },
  { side: "LoRA", variant: "B-378", hours: 12.2, memoryGb: 5.7 },
  { side: "LoRA", variant: "L-224", hours: 10.8, memoryGb: 6.6 },
  { side: "LoRA", variant: "L-378", hours: 32.2, memoryGb: 14.9 },
  { side: "LoRA", variant: "g-224", hours: 22.3, memoryGb: 14.0 },
  { side: "LoRA", variant: "g-378", hours: 60.0, memoryGb: 25.8 },
  { side: "full", variant: "B-224", hours: 5.9, memoryGb: 3.2 },
  { side: "full", variant: "B-378", hours: 12.5, memoryGb: 6.5 },
  { side: "full", variant: "L-224", hours: 12.1, memoryGb: 10.0 },
  { side: "full", variant: "L-378", hours: 34.1, memoryGb: 19.1 },
  { side: "full", variant: "g-224", hours: 29.3, memoryGb: 27.1 },
  { side: "full", variant: "g-378", note: "out of memory" },
];

/** Frames a second of a published tracker on the authors' GPU. */
export function publishedSpeed(tracker: string): number | undefined {
  return PUBLISHED_EFFICIENCY.find((one) => (one.tracker ?? one.name) === tracker)?.framesPerSecond;
}

/** Speed and size of a variant of LoRAT; undefined for one that the poster leaves out. */
export function efficiencyOf(variant: string): PublishedEfficiency | undefined {
  return PUBLISHED_EFFICIENCY.find(({ name }) => name === `LoRAT-${variant}`);
}

/** What a side of a variant's training took; undefined for one that the poster leaves out. */
export function trainingOf(variant: string, side: PublishedTraining["side"]): PublishedTraining | undefined {
  return PUBLISHED_TRAINING.find((one) => one.variant === variant && one.side === side);
}
