import { add, gelu, layerNorm, linear, mul, slice, type Value } from "@lorat/graph";
import { attention, type Wanted } from "./attention.ts";
import type { ModelConfig } from "./config.ts";
import { plainResidual, type ResidualBranch } from "./drop-path.ts";
import { feedForward } from "./feed-forward.ts";
import type { ParameterScope } from "./scope.ts";

/** Epsilon of every layer normalisation in DINOv2. */
export const layerNormEpsilon = 1e-6;

/** Layer normalisation with the scope's weight and bias. */
export function norm(x: Value, at: ParameterScope): Value {
  const width = x.shape.at(-1)!;
  return layerNorm(x, at.parameter("weight", [width]), at.parameter("bias", [width]), layerNormEpsilon);
}

/** LayerScale: one factor a channel. */
function layerScale(x: Value, at: ParameterScope): Value {
  return mul(x, at.parameter("gamma", [x.shape.at(-1)!]));
}

/**
 * One pre-norm block (specification section 1.1): attention, then feed-forward, each scaled and added.
 * x: `[batch, N, dim]`; the result the same, or `[batch, Nx, dim]` when only the search tokens are wanted: their
 * numbers do not depend on what becomes of the template tokens after this block's keys and values.
 */
export function block(
  x: Value,
  at: ParameterScope,
  config: ModelConfig,
  index: number,
  wanted: Wanted = "all",
  residual: ResidualBranch = plainResidual,
): Value {
  const attended = (input: Value) =>
    layerScale(attention(norm(input, at.child("norm1")), at.child("attn"), config, wanted), at.child("ls1"));
  const fed = (input: Value) =>
    layerScale(feedForward(norm(input, at.child("norm2")), at.child("mlp"), config), at.child("ls2"));

  const searchOnly = wanted === "search";
  const rows = searchOnly ? slice(x, x.shape[1]! - config.variant.searchGrid ** 2, x.shape[1]!, 1) : x;
  const join = searchOnly ? plainResidual : residual;
  let middle: Value;
  if (config.adaptation.kind === "adapter") {
    middle = add(rows, bottleneck(attended(x), at, config.adaptation.reduction));
  } else {
    middle = searchOnly ? add(rows, attended(x)) : residual(x, attended, index, 0);
  }
  return join(middle, fed, index, 1);
}

/** The adapter ablation: `a + up(gelu(down(a)))` after the attention branch (specification section 1.8). */
function bottleneck(a: Value, at: ParameterScope, reduction: number): Value {
  const dim = a.shape.at(-1)!;
  const width = dim / reduction;
  const down = at.child("adapter_downsample");
  const up = at.child("adapter_upsample");
  const hidden = gelu(linear(a, down.parameter("weight", [width, dim]), down.parameter("bias", [width])));
  return add(linear(hidden, up.parameter("weight", [dim, width]), up.parameter("bias", [dim])), a);
}
