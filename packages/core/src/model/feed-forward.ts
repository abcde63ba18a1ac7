import { gelu, mul, silu, split, type Value } from "@lorat/graph";
import { adaptedLinear } from "./adapted-linear.ts";
import type { ModelConfig } from "./config.ts";
import type { ParameterScope } from "./scope.ts";

/**
 * The feed-forward of a block (specification section 1.1): `fc2(gelu(fc1 x))`, or SwiGLU `w3(silu(x1) * x2)` where
 * `w12` gives both halves. x: `[batch, N, dim]`; the result the same shape.
 */
export function feedForward(x: Value, at: ParameterScope, { variant, adaptation }: ModelConfig): Value {
  const adapted = adaptation.kind === "lora" && adaptation.targets.mlp;
  if (variant.ffn === "swiglu") {
    const both = adaptedLinear(x, at.child("w12"), 2 * variant.hidden, adaptation, adapted);
    const [gate, value] = split(both, [variant.hidden, variant.hidden], -1) as [Value, Value];
    return adaptedLinear(mul(silu(gate), value), at.child("w3"), variant.dim, adaptation, adapted);
  }
  let hidden = gelu(adaptedLinear(x, at.child("fc1"), variant.hidden, adaptation, adapted)); // [batch, N, hidden]
  if (adaptation.kind === "ia3")
    hidden = mul(hidden, at.child("fc2").parameter("ia3_weight", [variant.hidden]));
  return adaptedLinear(hidden, at.child("fc2"), variant.dim, adaptation, adapted);
}
