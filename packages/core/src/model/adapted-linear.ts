import { add, concat, linear, mul, split, type Value } from "@lorat/graph";
import { type Lora, type LoraTargets, loraScaling } from "./config.ts";
import { constant, normal, type Start, uniform } from "./initialise.ts";
import type { FoldedRows, ParameterScope } from "./parameters.ts";

/** A linear layer of a block, applied to `x` `[..., inputs]`. */
export interface AdaptedLayer {
  readonly x: Value;
  readonly at: ParameterScope;
  /** By which of {@link LoraTargets} it is chosen to be adapted. */
  readonly target: keyof LoraTargets;
  /** The layer in merged weights whose rows these are; default: the layer itself. */
  readonly merged?: { readonly path: string; readonly row: number; readonly of: number };
  /** How the weight starts; default: as matrices do. */
  readonly start?: Start;
}

/**
 * A linear layer of a block, with a LoRA adapter where the model puts one (specification section 1.6):
 * `y = W x + b + ((x A^T) B^T) s`. x: `[..., inputs]`; the result `[..., outputs]`.
 * An adapted layer keeps its frozen weight under `linear.`, its adapter under `lora.`.
 */
export function adaptedLinear(layer: AdaptedLayer, outputs: number): Value {
  return adaptedLinears([layer], outputs)[0]!;
}

/** Several layers of {@link adaptedLinear} with as many outputs; adapters that read the same `x` share one product by A. */
export function adaptedLinears(layers: readonly AdaptedLayer[], outputs: number): Value[] {
  const narrow = byFirstMatrix(layers);
  return layers.map((layer) => {
    const { x, at } = layer;
    const { adaptation } = at.config;
    const down = narrow.get(layer); // [..., rank]
    if (!down || adaptation.kind !== "lora") {
      const [weight, bias] = declared(layer, at, outputs);
      return linear(x, weight(), bias());
    }
    const [weight, bias] = declared(layer, at.child("linear"), outputs, adaptation);
    const base = linear(x, weight());
    const B = at
      .child("lora")
      .parameter("B", [outputs, adaptation.rank], { ...adapterRole, start: startOfB(adaptation) });
    const up = linear(down, B); // [..., outputs]
    const scaling = loraScaling(adaptation);
    // The bias comes last, so that an activation is recomputed from one tensor.
    return add(add(base, scaling === 1 ? up : mul(up, scaling)), bias());
  });
}

/** The declarations of a layer's weight and bias, under `place`; with `lora` the weight takes the adapter in when merged. */
function declared(
  { x, at, merged, start }: AdaptedLayer,
  place: ParameterScope,
  outputs: number,
  lora?: Lora,
): [weight: () => Value, bias: () => Value] {
  const { path, row, of } = merged ?? { path: at.path, row: 0, of: outputs };
  const adapter = at.child("lora").path;
  return [
    () =>
      place.parameter("weight", [outputs, x.shape.at(-1)!], {
        kind: "matrix",
        merged: { name: `${path}.weight`, row, of },
        ...(start && !lora && { start }),
        fold: lora && {
          place: adapter,
          rank: lora.rank,
          whole: [`${adapter}.A`],
          byRow: [`${adapter}.B`],
          apply: foldLora,
        },
      }),
    () => place.parameter("bias", [outputs], { kind: "bias", merged: { name: `${path}.bias`, row, of } }),
  ];
}

/** `x A^T` of the adapted layers, `[..., rank]` each. */
function byFirstMatrix(layers: readonly AdaptedLayer[]): Map<AdaptedLayer, Value> {
  const readers = new Map<Value, AdaptedLayer[]>();
  for (const layer of layers) {
    const { adaptation } = layer.at.config;
    if (adaptation.kind !== "lora" || !adaptation.targets[layer.target]) continue;
    readers.set(layer.x, [...(readers.get(layer.x) ?? []), layer]);
  }
  const products = new Map<AdaptedLayer, Value>();
  for (const [x, group] of readers) {
    const lora = group[0]!.at.config.adaptation as Lora;
    const matrices = group.map(({ at }) =>
      at.child("lora").parameter("A", [lora.rank, x.shape.at(-1)!], {
        ...adapterRole,
        start: startOfA(lora, x.shape.at(-1)!),
      }),
    );
    const joined = linear(x, concat(matrices, 0));
    const parts = split(
      joined,
      matrices.map(() => lora.rank),
      -1,
    );
    group.forEach((layer, i) => {
      products.set(layer, parts[i]!);
    });
  }
  return products;
}

const adapterRole = { kind: "matrix", part: "adapter", merged: "folded" } as const;

/** A's start: `lora` draws from Kaiming's uniform distribution for a slope of sqrt(5). */
function startOfA({ start = "bert", rank }: Lora, inputs: number): Start {
  if (start === "bert") return { reference: normal(0.02) };
  return { reference: start === "gaussian" ? normal(1 / rank) : uniform(1 / Math.sqrt(inputs)) };
}

function startOfB({ start = "bert" }: Lora): Start {
  return { reference: start === "bert" ? normal(0.02) : constant(0) };
}

/** `W + s (B A)` in float32 (specification section 1.6), row by row. */
async function foldLora({ own, rows, width, whole, byRow, scaling, matmul }: FoldedRows): Promise<void> {
  const [a, b] = [whole[0]!, byRow[0]!]; // [rank, width], [rows, rank]
  const delta = await matmul(b, a, { m: rows, k: b.length / rows, n: width });
  for (let i = 0; i < own.length; i++) own[i] = own[i]! + Math.fround(delta[i]! * scaling);
}
