import {
  add,
  concat,
  matmul,
  mul,
  reshape,
  slice,
  softmax,
  split,
  transpose,
  type Value,
} from "@lorat/graph";
import { adaptedLinear, adaptedLinears } from "./adapted-linear.ts";
import type { ModelConfig } from "./config.ts";
import type { ParameterScope } from "./scope.ts";

/** Which tokens a block's output is wanted for; keys and values always come from all. */
export type Wanted = "all" | "search";

/** `[batch, N, dim]` as `[batch, heads, N, dim / heads]`. */
function byHead(x: Value, heads: number): Value {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, tokens, heads, dim / heads]), [0, 2, 1, 3]);
}

/** Softmax attention. query, key, value: `[batch, heads, N, headDim]`, the query already scaled. */
function attend(query: Value, key: Value, value: Value): Value {
  return matmul(softmax(matmul(query, transpose(key))), value); // [batch, heads, Nq, headDim]
}

interface Projections {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/**
 * Multi-head self-attention over `[template, search]` tokens (specification section 1.1) up to and with the output
 * projection. x: `[batch, Nz + Nx, dim]`; the result `[batch, N, dim]`, N = Nx when only the search is wanted.
 */
export function attention(x: Value, at: ParameterScope, config: ModelConfig, wanted: Wanted): Value {
  const { heads, dim, searchGrid } = config.variant;
  const tokens = x.shape[1]!;
  const border = tokens - searchGrid ** 2; // first search token
  const from = wanted === "search" ? border : 0;
  const queries = slice(x, from, tokens, 1);
  const { query, key, value } = project(x, queries, at.child("qkv"), config);
  const q = byHead(query, heads);
  const k = byHead(key, heads);
  const v = byHead(value, heads);
  let out: Value; // [batch, heads, N, headDim]
  if (config.attention === "asymmetric" && from === 0) {
    const own = (part: Value) => slice(part, 0, border, 2);
    out = concat([attend(own(q), own(k), own(v)), attend(slice(q, border, tokens, 2), k, v)], 2);
  } else {
    out = attend(q, k, v);
  }
  const joined = reshape(transpose(out, [0, 2, 1, 3]), [x.shape[0]!, tokens - from, dim]);
  const { adaptation } = config;
  return adaptedLinear(
    joined,
    at.child("proj"),
    dim,
    adaptation,
    adaptation.kind === "lora" && adaptation.targets.proj,
  );
}

/** Queries (scaled by 1 / sqrt(headDim)), keys and values, each `[batch, N, dim]`. */
function project(x: Value, queries: Value, at: ParameterScope, config: ModelConfig): Projections {
  const { dim, heads } = config.variant;
  const scale = 1 / Math.sqrt(dim / heads);
  const { adaptation } = config;
  if (adaptation.kind === "lora") {
    // The fused layer is split so that query, key and value have adapters of their own.
    const { targets } = adaptation;
    const layers = [
      { x: queries, at: at.child("q"), adapted: targets.q },
      { x, at: at.child("k"), adapted: targets.k },
      { x, at: at.child("v"), adapted: targets.v },
    ];
    const [query, key, value] = adaptedLinears(layers, dim, adaptation) as [Value, Value, Value];
    return { query: mul(query, scale), key, value };
  }
  const { query, key, value } = fused(x, queries, at, dim);
  if (adaptation.kind !== "ia3") return { query: mul(query, scale), key, value };
  return {
    query: mul(query, scale),
    key: mul(key, at.parameter("k_ia3_weights", [dim])),
    value: mul(value, at.parameter("v_ia3_weights", [dim])),
  };
}

/** The fused layer: rows of the weight are all queries, all keys, all values. */
function fused(x: Value, queries: Value, at: ParameterScope, dim: number): Projections {
  const weight = at.parameter("weight", [3 * dim, dim]);
  const bias = at.parameter("bias", [3 * dim]);
  const rows = (input: Value, start: number, end: number) =>
    add(matmul(input, transpose(slice(weight, start, end, 0))), slice(bias, start, end, 0));
  if (queries === x) {
    const [query, key, value] = split(rows(x, 0, 3 * dim), [dim, dim, dim], 2) as [Value, Value, Value];
    return { query, key, value };
  }
  const [key, value] = split(rows(x, dim, 3 * dim), [dim, dim], 2) as [Value, Value];
  return { query: rows(queries, 0, dim), key, value };
}
