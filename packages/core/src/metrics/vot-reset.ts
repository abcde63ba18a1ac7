import { LoratError } from "@lorat/graph";
import { mean } from "./one-pass.ts";

/** What a frame of the reset-based experiment holds: an overlap, the start of the tracker, its failure, or neither. */
export type ResetFrame = number | "started" | "failed" | "skipped";

/** Every repetition of one sequence. */
export interface ResetSequence {
  readonly repetitions: readonly (readonly ResetFrame[])[];
}

export interface ResetOptions {
  /** Frames after each start that the accuracy leaves out; default 10. */
  readonly burnIn?: number;
  /** Lengths in frames that the expected average overlap is averaged over, both included; default 100 and 356 (VOT2018). */
  readonly low?: number;
  readonly high?: number;
  /** How fast {@link ResetScores.reliability} falls with failures; default 30, as the challenges' plots have it. */
  readonly sensitivity?: number;
}

/** The figures of the VOT challenges until 2019. */
export interface ResetScores {
  /** Mean overlap, `[0, 1]`, sequences weighted by their length. */
  readonly accuracy: number;
  /** Failures a sequence, sequences weighted by their length; 0 is best. */
  readonly failures: number;
  /** `exp(-sensitivity * failures)`, the robustness axis of the toolkit's accuracy-robustness plots. */
  readonly reliability: number;
  /** Expected average overlap, `[0, 1]`; 0 where no run is as long as `low`. */
  readonly eao: number;
  readonly eaoCurve: readonly number[];
}

/**
 * Accuracy, failures and expected average overlap of the reset-based (supervised) experiment: a tracker is started anew some
 * frames after each failure. Throws `METRICS_EMPTY` without sequences or repetitions. Source: Kristan et al., "A novel performance
 * evaluation methodology for single-target trackers", PAMI 2016; "The visual object tracking VOT2015 challenge results", section
 * 2.3 (expected average overlap); VOT toolkit, supervised analyses.
 */
export function resetScores(sequences: readonly ResetSequence[], options: ResetOptions = {}): ResetScores {
  const { burnIn = 10, low = 100, high = 356, sensitivity = 30 } = options;
  if (sequences.length === 0 || sequences.some(({ repetitions }) => repetitions.length === 0)) {
    throw new LoratError("METRICS_EMPTY", "every sequence needs at least one repetition");
  }
  let accuracy = 0;
  let failures = 0;
  let weight = 0;
  const fragments: Fragment[] = [];
  for (const { repetitions } of sequences) {
    const length = repetitions[0]!.length;
    accuracy += mean(repetitions.map((frames) => accuracyOf(frames, burnIn))) * length;
    failures += mean(repetitions.map((frames) => frames.filter((one) => one === "failed").length)) * length;
    weight += length;
    fragments.push(...repetitions.flatMap(fragmentsOf));
  }
  const eaoCurve = curveOf(fragments);
  const range = eaoCurve.slice(low, high + 1);
  return {
    accuracy: accuracy / weight,
    failures: failures / weight,
    reliability: Math.exp((-failures / weight) * sensitivity),
    eao: range.length > 0 ? mean(range) : 0,
    eaoCurve,
  };
}

function accuracyOf(frames: readonly ResetFrame[], burnIn: number): number {
  let settled = 0;
  const counted: number[] = [];
  for (const [i, frame] of frames.entries()) {
    if (frame === "started") settled = i + Math.max(burnIn, 1);
    if (typeof frame === "number" && i >= settled) counted.push(Number.isNaN(frame) ? 0 : frame);
  }
  return counted.length > 0 ? mean(counted) : 0;
}

/** Frames from a start to a failure or the end of the sequence. */
interface Fragment {
  readonly overlaps: readonly number[];
  readonly failed: boolean;
}

function fragmentsOf(frames: readonly ResetFrame[]): Fragment[] {
  const fragments: Fragment[] = [];
  let current: number[] | undefined;
  for (const frame of frames) {
    if (frame === "started") current = [0];
    else if (frame === "failed" && current) {
      fragments.push({ overlaps: current, failed: true });
      current = undefined;
    } else current?.push(typeof frame === "number" && !Number.isNaN(frame) ? frame : 0);
  }
  if (current) fragments.push({ overlaps: current, failed: false });
  return fragments;
}

/** Mean over fragments of the mean overlap over their first frames; failed ones go on with overlaps of 0. */
function curveOf(fragments: readonly Fragment[]): number[] {
  const longest = fragments.reduce((most, { overlaps }) => Math.max(most, overlaps.length), 0);
  const sums = new Float64Array(longest);
  const counts = new Float64Array(longest);
  for (const { overlaps, failed } of fragments) {
    let sum = 0;
    const end = failed ? longest : overlaps.length;
    for (let length = 0; length < end; length++) {
      if (length > 0) sum += overlaps[length] ?? 0;
      sums[length]! += length > 0 ? sum / length : 0;
      counts[length]!++;
    }
  }
  return Array.from(sums, (sum, i) => (counts[i]! > 0 ? sum / counts[i]! : 0));
}
