import { add, gelu, layerNorm, linear, mul, silu, slice, split, type Value } from "@lorat/graph";
import { adaptedLinear } from "./adapted-linear.ts";
import { type Attended, attention, firstWanted, type KeyValue, type Span } from "./attention.ts";
import { plainResidual, type ResidualBranch } from "./drop-path.ts";
import { constant, normal } from "./initialise.ts";
import type { DeclaredRole, ParameterScope } from "./parameters.ts";

/** Epsilon of every layer normalisation in DINOv2. */
export const layerNormEpsilon = 1e-6;

/** Layer normalisation with the scope's weight and bias; `role` says what both have in common. */
export function norm(x: Value, at: ParameterScope, role: Partial<DeclaredRole> = {}): Value {
  const width = x.shape.at(-1)!;
  const weight = at.parameter("weight", [width], { ...role, kind: "scale" });
  return layerNorm(x, weight, at.parameter("bias", [width], { ...role, kind: "bias" }), layerNormEpsilon);
}

/** LayerScale: one factor a channel. */
function layerScale(x: Value, at: ParameterScope): Value {
  const start = { reference: constant(0.1), scratch: constant(1) };
  return mul(x, at.parameter("gamma", [x.shape.at(-1)!], { kind: "scale", start }));
}

/** Residual branches of a block: how each is joined, and the number of the block. */
export interface BlockPlace {
  readonly index: number;
  readonly residual: ResidualBranch;
}

/**
 * One pre-norm block (specification section 1.1): attention, then feed-forward, each scaled and added.
 * x: `[batch, N, dim]`; the output the same, or `[batch, Nx, dim]` when only the search tokens are wanted: their
 * numbers do not depend on what becomes of the template tokens after this block's keys and values.
 */
export function block(
  x: Value,
  at: ParameterScope,
  span: Span,
  { index, residual }: BlockPlace = { index: 0, residual: plainResidual },
): Attended {
  let own: KeyValue | undefined;
  const attended = (input: Value) => {
    const result = attention(norm(input, at.child("norm1")), at.child("attn"), span);
    own = result.own;
    return layerScale(result.output, at.child("ls1"));
  };
  const fed = (input: Value) =>
    layerScale(feedForward(norm(input, at.child("norm2")), at.child("mlp")), at.child("ls2"));

  const { adaptation } = at.config;
  const tokens = x.shape[1]!;
  const searchOnly = span.wanted === "search";
  const rows = slice(x, firstWanted(span, tokens), tokens, 1);
  let middle: Value;
  if (adaptation.kind === "adapter") middle = add(rows, bottleneck(attended(x), at, adaptation.reduction));
  else middle = searchOnly ? add(rows, attended(x)) : residual(x, attended, index, 0);
  const output = (searchOnly ? plainResidual : residual)(middle, fed, index, 1);
  return { output, own: own! };
}

/**
 * The feed-forward of a block (specification section 1.1): `fc2(gelu(fc1 x))`, or SwiGLU `w3(silu(x1) * x2)` where
 * `w12` gives both halves. x: `[batch, N, dim]`; the result the same shape.
 */
function feedForward(x: Value, at: ParameterScope): Value {
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

/** The adapter ablation: `a + up(gelu(down(a)))` after the attention branch (specification section 1.8). */
function bottleneck(a: Value, at: ParameterScope, reduction: number): Value {
  const dim = a.shape.at(-1)!;
  const start = { reference: constant(0) };
  const layer = (x: Value, name: string, outputs: number) => {
    const place = at.child(name, { part: "adapter" });
    const weight = place.parameter("weight", [outputs, x.shape.at(-1)!], { kind: "matrix", start });
    return linear(x, weight, place.parameter("bias", [outputs], { kind: "bias" }));
  };
  const hidden = gelu(layer(a, "adapter_downsample", dim / reduction));
  return add(layer(hidden, "adapter_upsample", dim), a);
}
