import { type Box, type Corners, iou } from "./geometry/box.ts";
import type { Frame } from "./geometry/frame.ts";
import { type QuantisableLayer, quantisableLayers } from "./precision/at-precision.ts";
import type { Model, NetworkRunOptions } from "./tracking/network.ts";
import { createTracker } from "./tracking/tracker.ts";
import type { Tracker } from "./tracking/types.ts";

/** How {@link guardModel} measures. */
export interface GuardModelOptions extends Pick<NetworkRunOptions, "device" | "threads"> {
  /** Agreement that the boxes must reach; default: {@link requiredAgreement}. */
  readonly required?: Agreement;
  /** Called after each measurement with the layers in 8 bits and the agreement. */
  readonly onMeasured?: (quantised: readonly string[], agreement: Agreement) => void;
}

/**
 * Decides which linear layers of a model stay in single precision at int8, by {@link guardedLayers} over the boxes that it
 * finds on `pairs`. Throws what {@link createTracker} throws.
 */
export async function guardModel(
  model: Model,
  pairs: readonly CalibrationPair[],
  { required, onMeasured, ...options }: GuardModelOptions = {},
): Promise<GuardResult> {
  const boxes = async (tried: Model, precision: "fp32" | "int8") => {
    const tracker = await createTracker(tried, { ...options, precision });
    return foundBoxes(tracker, pairs).finally(() => tracker.dispose());
  };
  const layers = quantisableLayers(model.config);
  const reference = await boxes(model, "fp32");
  const measure = async (quantised: readonly string[]) => {
    const singleLayers = layers.map(({ name }) => name).filter((name) => !quantised.includes(name));
    const agreement = agreementOf(await boxes({ ...model, singleLayers }, "int8"), reference);
    onMeasured?.(quantised, agreement);
    return agreement;
  };
  return guardedLayers(layers, measure, required);
}

/** How far boxes of a network in lower precision agree with those of the same network in single precision. */
export interface Agreement {
  /** Mean intersection over union over all calibration frames. */
  readonly mean: number;
  /** Minimum over the frames. */
  readonly worst: number;
}

/**
 * Agreement that boxes must reach: 0.98 on average, a pixel in a hundred, and 0.5 in the worst frame, by which two boxes are commonly
 * taken for the same object. The worst is the milder one: where two cells score alike, any rounding chooses between them.
 */
export const requiredAgreement: Agreement = { mean: 0.98, worst: 0.5 };

/** Which layers stay in single precision, and what was reached with the others in 8 bits. */
export interface GuardResult {
  readonly singleLayers: readonly string[];
  readonly agreement: Agreement;
}

/** Measures the boxes of a network of which `quantised` layers compute in 8 bits. */
export type MeasureAgreement = (quantised: readonly string[]) => Promise<Agreement>;

/**
 * The accuracy guard of int8. All `layers` compute in 8 bits if their boxes reach `required`. Else each layer is measured
 * alone, and the layers go back to single precision one by one, first the one that moves the boxes most for the work that it
 * saves (of equal ones the earlier), until the others together reach it.
 */
export async function guardedLayers(
  layers: readonly QuantisableLayer[],
  measure: MeasureAgreement,
  required: Agreement = requiredAgreement,
): Promise<GuardResult> {
  const names = layers.map(({ name }) => name);
  const singleLayers: string[] = [];
  let agreement = await measure(names);
  if (!reaches(agreement, required)) {
    const order = await byHarm(layers, measure);
    while (!reaches(agreement, required) && singleLayers.length < layers.length) {
      singleLayers.push(order[singleLayers.length]!);
      agreement = await measure(names.filter((name) => !singleLayers.includes(name)));
    }
  }
  return { singleLayers, agreement };
}

function reaches({ mean, worst }: Agreement, required: Agreement): boolean {
  return mean >= required.mean && worst >= required.worst;
}

/** Sorts the layers by harm: how much each alone moves the boxes, for the work that it saves. */
async function byHarm(layers: readonly QuantisableLayer[], measure: MeasureAgreement): Promise<string[]> {
  const alone: { readonly name: string; readonly harm: number }[] = [];
  for (const { name, macs } of layers) {
    alone.push({ name, harm: (1 - (await measure([name])).mean) / macs });
  }
  return alone.sort((a, b) => b.harm - a.harm).map(({ name }) => name);
}

/** A target on one frame, to be found on another. */
export interface CalibrationPair {
  readonly first: Frame;
  readonly box: Box;
  readonly next: Frame;
}

/** Finds each pair's target. The tracker starts again for each, so that an error in one does not reach the others. */
export async function foundBoxes(tracker: Tracker, pairs: Iterable<CalibrationPair>): Promise<Corners[]> {
  const boxes: Corners[] = [];
  for (const { first, box, next } of pairs) {
    const target = await tracker.start(first, box);
    boxes.push((await target.track(next)).raw.box);
    target.dispose();
  }
  return boxes;
}

/** Mean and minimum intersection over union of two lists of boxes; equal boxes agree even if they are empty. */
export function agreementOf(boxes: readonly Corners[], reference: readonly Corners[]): Agreement {
  const overlaps = boxes.map((box, i) => {
    const other = reference[i]!;
    return box.every((corner, side) => corner === other[side]) ? 1 : iou(box, other);
  });
  return {
    mean: overlaps.reduce((sum, overlap) => sum + overlap, 0) / overlaps.length,
    worst: Math.min(...overlaps),
  };
}
