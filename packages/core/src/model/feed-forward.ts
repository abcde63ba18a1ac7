import { gelu, mul, silu, split, type Value } from "@lorat/graph";
import { adaptedLinear } from "./adapted-linear.ts";
import { normal } from "./initialise.ts";
import type { ParameterScope } from "./parameters.ts";

/**
 * The feed-forward of a block (specification section 1.1): `fc2(gelu(fc1 x))`, or SwiGLU `w3(silu(x1) * x2)` where
 * `w12` gives both halves. x: `[batch, N, dim]`; the result the same shape.
 */
export function feedForward(x: Value, at: ParameterScope): Value {
  const { variant, adaptation } = at.config;
  const { dim, hidden } = variant;
  const layer = (input: Value, name: string, outputs: number, deviation?: number) => {
    const start = deviation ? { reference: normal(0.02), scratch: normal(deviation) } : undefined;
    return adaptedLinear({ x: input, at: at.child(name), target: "mlp", start }, outputs);
  };
  if (variant.ffn === "swiglu") {
    const [gate, value] = split(layer(x, "w12", 2 * hidden), [hidden, hidden], -1) as [Value, Value];
    return layer(mul(silu(gate), value), "w3", dim);
  }
  let wide = gelu(layer(x, "fc1", hidden, 1 / Math.sqrt(dim))); // [batch, N, hidden]
  if (adaptation.kind === "ia3") {
    wide = mul(wide, at.child("fc2").parameter("ia3_weight", [hidden], { kind: "scale", part: "adapter" }));
  }
  return layer(wide, "fc2", dim, 0.3 / Math.sqrt(hidden));
}
