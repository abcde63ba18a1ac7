import {
  add,
  attention as attend,
  concat,
  matmul,
  mul,
  reshape,
  slice,
  split,
  transpose,
  type Value,
} from "@lorat/graph";
import { adaptedLinear, adaptedLinears } from "./adapted-linear.ts";
import { normal, similarityAttention } from "./initialise.ts";
import type { ParameterScope } from "./parameters.ts";

/** Keys and values of some tokens at one block, `[batch, heads, N, headDim]` each. */
export interface KeyValue {
  readonly key: Value;
  readonly value: Value;
}

/** What a block is to do with its tokens, template first and search last. */
export interface Span {
  /** Number of search tokens, at the end; 0 for a template alone. */
  readonly search: number;
  /** Which tokens the output is wanted for; keys and values come from all. */
  readonly wanted: "all" | "search";
  /** Keys and values of further tokens, to be attended to before the block's own: a template that was encoded before. */
  readonly context?: KeyValue;
}

/** A block's or its attention's output, and the keys and values of its own tokens. */
export interface Attended {
  readonly output: Value;
  readonly own: KeyValue;
}

/** The first of `tokens` tokens that is wanted. */
export function firstWanted({ search, wanted }: Span, tokens: number): number {
  return wanted === "search" ? tokens - search : 0;
}

/** `[batch, N, dim]` as `[batch, heads, N, dim / heads]`. */
function byHead(x: Value, heads: number): Value {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, tokens, heads, dim / heads]), [0, 2, 1, 3]);
}

/**
 * Multi-head self-attention over `[template, search]` tokens (specification section 1.1) up to and with the output
 * projection. x: `[batch, Nz + Nx, dim]`; the output `[batch, N, dim]`, N = Nx when only the search is wanted.
 */
export function attention(x: Value, at: ParameterScope, span: Span): Attended {
  const { heads, dim } = at.config.variant;
  const tokens = x.shape[1]!;
  const border = tokens - span.search; // first search token
  const from = firstWanted(span, tokens);
  const { query, key, value } = project(x, slice(x, from, tokens, 1), at.child("qkv"));
  const q = byHead(query, heads);
  const own = { key: byHead(key, heads), value: byHead(value, heads) };
  const { context } = span;
  const all = context
    ? { key: concat([context.key, own.key], 2), value: concat([context.value, own.value], 2) }
    : own;
  let out: Value; // [batch, heads, N, headDim]
  if (at.config.attention === "asymmetric" && from === 0 && border > 0 && border < tokens) {
    const ofTemplate = (part: Value) => slice(part, 0, border, 2);
    const ofSearch = attend(slice(q, border, tokens, 2), all.key, all.value);
    out = concat([attend(ofTemplate(q), ofTemplate(own.key), ofTemplate(own.value)), ofSearch], 2);
  } else {
    out = attend(q, all.key, all.value);
  }
  const joined = reshape(transpose(out, [0, 2, 1, 3]), [x.shape[0]!, tokens - from, dim]);
  const start = { reference: normal(0.02), scratch: normal(0.7 / Math.sqrt(dim)) };
  return { output: adaptedLinear({ x: joined, at: at.child("proj"), target: "proj", start }, dim), own };
}

/** Queries (scaled by 1 / sqrt(headDim)), keys and values, each `[batch, N, dim]`. */
interface Projections {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

function project(x: Value, queries: Value, at: ParameterScope): Projections {
  const { variant, adaptation } = at.config;
  const { dim, heads } = variant;
  const scale = 1 / Math.sqrt(dim / heads);
  if (adaptation.kind === "lora") {
    // The fused layer is split so that query, key and value have adapters of their own.
    const layers = (["q", "k", "v"] as const).map((target, i) => ({
      x: target === "q" ? queries : x,
      at: at.child(target),
      target,
      merged: { path: at.path, row: i * dim, of: 3 * dim },
    }));
    const [query, key, value] = adaptedLinears(layers, dim) as [Value, Value, Value];
    return { query: mul(query, scale), key, value };
  }
  const { query, key, value } = fused(x, queries, at);
  if (adaptation.kind !== "ia3") return { query: mul(query, scale), key, value };
  const factor = (name: string) => at.parameter(name, [dim], { kind: "scale", part: "adapter" });
  return {
    query: mul(query, scale),
    key: mul(key, factor("k_ia3_weights")),
    value: mul(value, factor("v_ia3_weights")),
  };
}

/** The fused layer: rows of the weight are all queries, all keys, all values. */
function fused(x: Value, queries: Value, at: ParameterScope): Projections {
  const { dim, heads } = at.config.variant;
  const weight = at.parameter("weight", [3 * dim, dim], {
    kind: "matrix",
    start: { reference: normal(0.02), scratch: similarityAttention(dim, heads) },
  });
  const bias = at.parameter("bias", [3 * dim], { kind: "bias" });
  const rows = (input: Value, start: number, end: number) =>
    add(matmul(input, transpose(slice(weight, start, end, 0))), slice(bias, start, end, 0));
  if (queries === x) {
    const [query, key, value] = split(rows(x, 0, 3 * dim), [dim, dim, dim], 2) as [Value, Value, Value];
    return { query, key, value };
  }
  const [key, value] = split(rows(x, dim, 3 * dim), [dim, dim], 2) as [Value, Value];
  return { query: rows(queries, 0, dim), key, value };
}
