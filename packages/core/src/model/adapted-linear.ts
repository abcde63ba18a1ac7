import { add, concat, linear, mul, split, type Value } from "@lorat/graph";
import { type Adaptation, type Lora, loraScaling } from "./config.ts";
import type { ParameterScope } from "./scope.ts";

/** A linear layer of a block, applied to `x` `[..., inputs]`. */
export interface AdaptedLayer {
  readonly x: Value;
  readonly at: ParameterScope;
  readonly adapted: boolean;
}

/**
 * A linear layer of a block, with a LoRA adapter when `adapted` (specification section 1.6):
 * `y = W x + b + ((x A^T) B^T) s`. x: `[..., inputs]`; the result `[..., outputs]`.
 * An adapted layer keeps its frozen weight under `linear.`, its adapter under `lora.`.
 */
export function adaptedLinear(
  x: Value,
  at: ParameterScope,
  outputs: number,
  adaptation: Adaptation,
  adapted: boolean,
): Value {
  return adaptedLinears([{ x, at, adapted }], outputs, adaptation)[0]!;
}

/** Several layers of {@link adaptedLinear} with as many outputs; adapters that read the same `x` share one product by A. */
export function adaptedLinears(
  layers: readonly AdaptedLayer[],
  outputs: number,
  adaptation: Adaptation,
): Value[] {
  const plain = (x: Value, at: ParameterScope) =>
    linear(x, at.parameter("weight", [outputs, x.shape.at(-1)!]), at.parameter("bias", [outputs]));
  if (adaptation.kind !== "lora") return layers.map(({ x, at }) => plain(x, at));
  const scaling = loraScaling(adaptation);
  const narrow = byFirstMatrix(layers, adaptation);
  return layers.map((layer) => {
    const down = narrow.get(layer); // [..., rank]
    if (!down) return plain(layer.x, layer.at);
    const frozen = layer.at.child("linear");
    const base = linear(layer.x, frozen.parameter("weight", [outputs, layer.x.shape.at(-1)!]));
    const up = linear(down, layer.at.child("lora").parameter("B", [outputs, adaptation.rank])); // [..., outputs]
    // The bias comes last, so that an activation is recomputed from one tensor.
    return add(add(base, scaling === 1 ? up : mul(up, scaling)), frozen.parameter("bias", [outputs]));
  });
}

/** `x A^T` of the adapted layers, `[..., rank]` each. */
function byFirstMatrix(layers: readonly AdaptedLayer[], { rank }: Lora): Map<AdaptedLayer, Value> {
  const readers = new Map<Value, AdaptedLayer[]>();
  for (const layer of layers) {
    if (layer.adapted) readers.set(layer.x, [...(readers.get(layer.x) ?? []), layer]);
  }
  const products = new Map<AdaptedLayer, Value>();
  for (const [x, group] of readers) {
    const matrices = group.map(({ at }) => at.child("lora").parameter("A", [rank, x.shape.at(-1)!]));
    const joined = linear(x, concat(matrices, 0));
    const parts = split(
      joined,
      matrices.map(() => rank),
      -1,
    );
    group.forEach((layer, i) => {
      products.set(layer, parts[i]!);
    });
  }
  return products;
}
