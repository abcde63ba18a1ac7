import type { Graph, Value } from "../graph.ts";
import { abs, add, div, maximum, mul } from "../ops/elementwise.ts";
import { cast, reshape, transpose } from "../ops/layout.ts";
import { operators } from "../ops/operators.ts";
import { dynamicQuantize, matmulInteger, round, rowMaximum } from "../ops/quantised.ts";
import type { Shape } from "../shape.ts";
import { type LinearLayer, linearLayers } from "./linear-layers.ts";
import { type Move, rewrite } from "./rewrite.ts";

/** How weights are written in 8 bits: the numbers are the same, the level of the number 0 is not. */
export type WeightLevels = "int8" | "uint8";

/** Maximum distance of a level from the level of 0. */
export const maximumLevel = 127;

/** The level of the number 0. */
export const zeroOf: Readonly<Record<WeightLevels, number>> = { int8: 0, uint8: 128 };

/** {@link zeroOf} in a graph. */
export function zeroLevel(graph: Graph, levels: WeightLevels): Value {
  const data = levels === "int8" ? Int8Array.of(zeroOf.int8) : Uint8Array.of(zeroOf.uint8);
  return graph.constant({ dtype: levels, shape: [], data });
}

/** A graph with linear layers in 8 bits, and what the new parameters of those layers are made of. */
export interface QuantisedGraph {
  readonly outputs: Record<string, Value>;
  /** By layer: names of its new parameters, and their values as computed from the parameters of before. */
  readonly prepared: ReadonlyMap<string, Readonly<Record<string, Value>>>;
}

/**
 * The same graph with the linear layers that `isChosen` picks in 8 bits: weights with a scale for each column, inputs
 * in uint8 by their smallest and largest number at every run, sums in int32. Bias and LayerScale become part of the bias and
 * the scales, so that ONNX Runtime makes one operator of a layer. Standard operators only.
 */
export function quantise(
  outputs: Readonly<Record<string, Value>>,
  isChosen: (layer: LinearLayer) => boolean,
  type: WeightLevels = "int8",
): QuantisedGraph {
  const layers = linearLayers(Object.values(outputs)).filter(isChosen);
  const byOutput = new Map(layers.map((layer) => [layer.output, layer]));
  const prepared = new Map<string, Record<string, Value>>();
  const rewritten = rewrite(outputs, (node, _, move) => {
    const layer = byOutput.get(node.outputs[0]!);
    if (!layer) return undefined;
    const { levels, scale, bias } = weightParts(layer, move, type);
    const made: Record<string, Value> = {};
    const read = (part: string, value: Value) => {
      const name = `${layer.key}@${part}`;
      made[name] = value;
      return value.graph.parameter(name, value.shape, { dtype: value.dtype });
    };
    prepared.set(layer.key, made);
    const parts = {
      levels: read("levels", levels),
      scale: read("scale", scale),
      bias: bias && read("bias", bias),
    };
    return [quantisedLayer(move(layer.input), parts, layer.output.shape)];
  });
  return { outputs: rewritten, prepared };
}

/** Parameters of a layer in 8 bits. */
interface WeightParts {
  /** `[inputs, outputs]`, 8 bits. */
  readonly levels: Value;
  /** `[outputs]`. */
  readonly scale: Value;
  /** `[outputs]`. */
  readonly bias?: Value;
}

/** A layer's weight in 8 bits, with the biases and factors that follow it gathered into one of each. */
function weightParts({ weight, steps }: LinearLayer, move: Move, type: WeightLevels): WeightParts {
  const { levels, scale: columnScale } = quantisedColumns(move(weight), type);
  let scale = columnScale;
  let bias: Value | undefined;
  for (const { operator, vector } of steps) {
    const channels = move(vector);
    if (operator === operators.add) bias = bias ? add(bias, channels) : channels;
    else {
      scale = mul(scale, channels);
      bias &&= mul(bias, channels);
    }
  }
  return { levels, scale, bias };
}

/** `x W s + b` in 8 bits, in the order of operators that ONNX Runtime makes one of. */
function quantisedLayer(input: Value, { levels, scale, bias }: WeightParts, shape: Shape): Value {
  const x = reshape(input, [...shape.slice(0, -1), levels.shape[0]!]);
  const numbers = dynamicQuantize(x);
  const zero = zeroLevel(x.graph, levels.dtype as WeightLevels);
  const sums = cast(matmulInteger(numbers, { levels, zero }), "float32");
  const product = mul(sums, mul(numbers.scale, scale));
  return bias ? add(product, bias) : product;
}

/** The scale of a column of zeros: any number that can be divided by. */
const minimumScale = 1e-30;

/**
 * A weight `[inputs, outputs]` as `(levels - zero) * scale`: 8 bits of the same shape, float32 `[outputs]`. The largest
 * magnitude of a column is its largest level, so no number moves by more than half the scale of its column.
 */
function quantisedColumns(weight: Value, type: WeightLevels): { levels: Value; scale: Value } {
  const rows = transpose(weight); // [outputs, inputs]
  const scale = maximum(div(rowMaximum(abs(rows)), maximumLevel), minimumScale); // [outputs, 1]
  const centred = round(div(rows, scale));
  const levels = cast(type === "int8" ? centred : add(centred, zeroOf.uint8), type);
  return { levels: transpose(levels), scale: reshape(scale, [weight.shape[1]!]) };
}
