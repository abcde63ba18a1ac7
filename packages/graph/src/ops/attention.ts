import { LoratError } from "../errors.ts";
import type { Operator, Value } from "../graph.ts";
import { sizeOf } from "../shape.ts";
import { mul, sub } from "./elementwise.ts";
import { transpose } from "./layout.ts";
import { gradientOfRight, matmul } from "./matmul.ts";
import { reduceSum, softmax } from "./reduce.ts";

/**
 * Softmax attention as one operator. Its second output, the attention weights `[..., Nq, N]`, is there for the gradient.
 * Source of the gradient's row sums: FlashAttention (Dao et al., 2022), section 3.1.
 */
export const attentionOperator: Operator = {
  type: "Attention",
  infer: ([query, key, value]) => {
    const lead = query!.shape.slice(0, -2);
    const fits =
      query!.shape.length >= 2 &&
      [key!, value!].every(
        ({ shape, dtype }) => `${shape.slice(0, -2)}` === `${lead}` && dtype === query!.dtype,
      ) &&
      query!.shape.at(-1) === key!.shape.at(-1) &&
      key!.shape.at(-2) === value!.shape.at(-2);
    if (!fits) {
      throw new LoratError(
        "SHAPE_ATTENTION",
        `queries [${query!.shape}] cannot attend to keys [${key!.shape}] and values [${value!.shape}]`,
      );
    }
    const rows = [...lead, query!.shape.at(-2)!];
    return [
      { dtype: query!.dtype, shape: [...rows, value!.shape.at(-1)!] },
      { dtype: query!.dtype, shape: [...rows, key!.shape.at(-2)!] },
    ];
  },
  lower: ([query, key, value]) => {
    const weights = softmax(matmul(query!, transpose(key!)));
    return [matmul(weights, value!), weights];
  },
  gradient: ({ inputs, outputs, gradients, wanted }) => {
    const [query, key, value] = inputs as [Value, Value, Value];
    const [output, weights] = outputs as [Value, Value];
    const [dOutput, dWeights] = gradients;
    if (!dOutput || dWeights) {
      throw new LoratError("GRADIENT_MISSING", "the weights of attention have no gradient of their own");
    }
    const ofWeights = matmul(dOutput, transpose(value));
    // The sum of a row of `ofWeights * weights` is that of `dOutput * output`: as short as a head is wide.
    const isShort = output.shape.at(-1)! < weights.shape.at(-1)!;
    const rowSums = reduceSum(isShort ? mul(dOutput, output) : mul(ofWeights, weights), [-1], true);
    const ofScores = mul(weights, sub(ofWeights, rowSums));
    return [
      wanted[0] ? matmul(ofScores, key) : undefined,
      wanted[1] ? transpose(gradientOfRight(query, transpose(key), ofScores)) : undefined,
      wanted[2] ? gradientOfRight(weights, value, dOutput) : undefined,
    ];
  },
  macs: ([query], [output, weights]) =>
    sizeOf(weights!.shape) * (query!.shape.at(-1)! + output!.shape.at(-1)!),
};

/**
 * Softmax attention, `softmax(query key^T) value`. query: `[..., Nq, width]`, already scaled; key: `[..., N, width]`;
 * value: `[..., N, out]`; the result `[..., Nq, out]`. Throws `SHAPE_ATTENTION`.
 */
export function attention(query: Value, key: Value, value: Value): Value {
  return query.graph.apply(attentionOperator, [query, key, value])[0]!;
}
