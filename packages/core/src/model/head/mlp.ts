import { gelu, linear, reshape, sigmoid, type Value } from "@lorat/graph";
import type { ParameterScope } from "../scope.ts";
import { boxesFromSides, type HeadOutput } from "./boxes.ts";

/** Three linear layers, GELU after the first two. x: `[batch, Nx, dim]`; the result `[batch, Nx, outputs]`. */
function mlp(x: Value, at: ParameterScope, outputs: number): Value {
  const dim = x.shape.at(-1)!;
  const layer = (input: Value, index: number, width: number) => {
    const place = at.child("layers").child(index);
    return linear(input, place.parameter("weight", [width, dim]), place.parameter("bias", [width]));
  };
  return layer(gelu(layer(gelu(layer(x, 0, dim)), 1, dim)), 2, outputs);
}

/**
 * LoRAT's anchor-free head (paper section 3.3, specification section 1.5): one MLP scores each search token, one
 * gives its distances to the target's sides. tokens: `[batch, grid ** 2, dim]`.
 */
export function mlpHead(tokens: Value, at: ParameterScope, grid: number): HeadOutput {
  const batch = tokens.shape[0]!;
  const scoreMap = reshape(mlp(tokens, at.child("cls_mlp"), 1), [batch, grid, grid]);
  const sides = sigmoid(reshape(mlp(tokens, at.child("reg_mlp"), 4), [batch, grid, grid, 4]));
  return { scoreMap, boxes: boxesFromSides(sides) };
}
