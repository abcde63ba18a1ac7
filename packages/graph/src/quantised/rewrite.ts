import type { Value } from "../graph.ts";
import { add, mul } from "../ops/elementwise.ts";
import { cast, reshape } from "../ops/layout.ts";
import { type Move, rewrite } from "../rewrite.ts";
import type { Shape } from "../shape.ts";
import { quantisedColumns } from "./columns.ts";
import { type LinearLayer, linearLayers } from "./linear-layers.ts";
import { dynamicQuantize, matmulInteger } from "./operators.ts";
import { type WeightLevels, zeroLevel } from "./weight-levels.ts";

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
      ...(bias && { bias: read("bias", bias) }),
    };
    return [quantisedLayer(move(layer.input), parts, layer.output.shape)];
  });
  return { outputs: rewritten, prepared };
}

/** What a layer reads at every run beside its input. */
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
  for (const { type, vector } of steps) {
    const channels = move(vector);
    if (type === "Add") bias = bias ? add(bias, channels) : channels;
    else {
      scale = mul(scale, channels);
      bias &&= mul(bias, channels);
    }
  }
  return { levels, scale, ...(bias && { bias }) };
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
