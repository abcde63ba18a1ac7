import type { Model, NetworkRunOptions } from "../tracking/network.ts";
import { createTracker } from "../tracking/tracker.ts";
import { agreementOf, type CalibrationPair, foundBoxes } from "./box-agreement.ts";
import { type Agreement, type GuardResult, guardedLayers } from "./guard.ts";
import { quantisableLayers } from "./single-layers.ts";

export interface GuardModelOptions extends Pick<NetworkRunOptions, "device" | "threads"> {
  /** What the boxes must reach; default {@link requiredAgreement}. */
  readonly required?: Agreement;
  /** Told after each measurement: layers in 8 bits, and what was reached. */
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
