import type { QuantisableLayer } from "./single-layers.ts";

/** How far boxes of a network in lower precision agree with those of the same network in single precision. */
export interface Agreement {
  /** Mean intersection over union over all calibration frames. */
  readonly mean: number;
  /** The least of a frame. */
  readonly worst: number;
}

/**
 * What boxes must reach: 0.98 on average, a pixel in a hundred, and 0.5 in the worst frame, by which two boxes are commonly
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

/** The layers by how much each alone moves the boxes for its work, the most harmful first. */
async function byHarm(layers: readonly QuantisableLayer[], measure: MeasureAgreement): Promise<string[]> {
  const alone: { readonly name: string; readonly harm: number }[] = [];
  for (const { name, macs } of layers) {
    alone.push({ name, harm: (1 - (await measure([name])).mean) / macs });
  }
  return alone.sort((a, b) => b.harm - a.harm).map(({ name }) => name);
}
