import { gelu, linear, reshape, sigmoid, type Value } from "@lorat/graph";
import type { ModelConfig } from "../config.ts";
import { constant, normal } from "../initialise.ts";
import { type ParameterScope, parameterScope } from "../parameters.ts";
import { boxesFromSides, type HeadOutput } from "./boxes.ts";
import { type ConvHeadOutput, centreHead, convHead } from "./conv.ts";

/** Scores and boxes of the search tokens `[batch, grid ** 2, dim]`. In training convolutional heads use batch statistics. */
export function head(tokens: Value, config: ModelConfig, training = false): ConvHeadOutput {
  const at = parameterScope(tokens.graph, config).child("head", { part: "head" });
  const { head: kind } = config;
  if (kind.kind === "mlp") return { ...mlpHead(tokens, at), statistics: [] };
  const build = kind.kind === "conv" ? convHead : centreHead;
  return build(tokens, at, kind.channels, training);
}

/**
 * LoRAT's anchor-free head (paper section 3.3, specification section 1.5): one MLP scores each search token, one
 * gives its distances to the target's sides. tokens: `[batch, grid ** 2, dim]`.
 */
function mlpHead(tokens: Value, at: ParameterScope): HeadOutput {
  const batch = tokens.shape[0]!;
  const grid = at.config.variant.searchGrid;
  const scoreMap = reshape(mlp(tokens, at.child("cls_mlp"), 1), [batch, grid, grid]);
  const sides = sigmoid(reshape(mlp(tokens, at.child("reg_mlp"), 4), [batch, grid, grid, 4]));
  return { scoreMap, boxes: boxesFromSides(sides) };
}

/** Three linear layers, GELU after the first two. x: `[batch, Nx, dim]`; the result `[batch, Nx, outputs]`. */
function mlp(x: Value, at: ParameterScope, outputs: number): Value {
  const dim = x.shape.at(-1)!;
  const layer = (input: Value, index: number, width: number) => {
    const place = at.child("layers").child(index);
    const isLast = index === 2;
    const weight = place.parameter("weight", [width, dim], {
      kind: "matrix",
      single: isLast, // it writes the few numbers that boxes and scores are made of
      start: { reference: normal(0.02), scratch: isLast ? undefined : normal(1 / Math.sqrt(dim)) },
    });
    const bias = place.parameter("bias", [width], {
      kind: "bias",
      start: { reference: constant(0), scratch: isLast ? constant(-2) : undefined },
    });
    return linear(input, weight, bias);
  };
  return layer(gelu(layer(gelu(layer(x, 0, dim)), 1, dim)), 2, outputs);
}
