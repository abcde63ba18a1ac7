import * as fc from "fast-check";
import * as ops from "../../ops/index.ts";
import { leaf, type OperatorCase, operatorCase } from "./case.ts";
import { dim, shape } from "./shapes.ts";

/** Query, key and value from one projection, over heads, with the residual: every value is read more than once. */
const attention = operatorCase(
  "self-attention with a residual",
  fc.record({ batch: fc.integer({ min: 1, max: 2 }), tokens: dim, heads: fc.integer({ min: 1, max: 2 }) }),
  ({ batch, tokens, heads }) => ({
    x: leaf([batch, tokens, 2 * heads]),
    weight: leaf([6 * heads, 2 * heads]),
    bias: leaf([6 * heads]),
  }),
  ({ x, weight, bias }, { batch, tokens, heads }) => {
    const width = 2 * heads;
    const [q, k, v] = ops
      .split(ops.linear(x, weight, bias), [width, width, width], -1)
      .map((part) => ops.transpose(ops.reshape(part, [batch, tokens, heads, 2]), [0, 2, 1, 3]));
    const mixed = ops.transpose(ops.attention(ops.mul(q!, Math.SQRT1_2), k!, v!), [0, 2, 1, 3]);
    return ops.add(x, ops.reshape(mixed, [batch, tokens, width]));
  },
);

const gated = operatorCase(
  "gated feed-forward (SwiGLU) behind a norm",
  fc.record({ lead: shape(1, 2), width: fc.integer({ min: 2, max: 4 }), hidden: dim }),
  ({ lead, width, hidden }) => ({
    x: leaf([...lead, width], "spread"),
    scale: leaf([width]),
    bias: leaf([width]),
    // Far below zero ONNX Runtime's sigmoid is good to 1e-7 absolute only, not relative.
    up: leaf([2 * hidden, width], "small"),
    down: leaf([width, hidden], "small"),
  }),
  ({ x, scale, bias, up, down }, { hidden }) => {
    const normalised = ops.layerNorm(x, scale, bias, 1e-3);
    const [gate, value] = ops.split(ops.linear(normalised, up), [hidden, hidden], -1);
    return ops.add(x, ops.linear(ops.mul(ops.silu(gate!), value!), down));
  },
);

const reused = operatorCase(
  "a value read many times, beside one read never",
  shape(),
  (drawn) => ({ x: leaf(drawn), unread: leaf(drawn) }),
  ({ x }) => {
    const squared = ops.mul(x, x);
    return ops.add(ops.mul(squared, ops.sigmoid(x)), ops.sub(squared, ops.exp(ops.neg(squared))));
  },
);

/** Overlap of two boxes given by distances from a point, the arithmetic of an IoU loss. */
const overlap = operatorCase(
  "intersection over union",
  shape(0, 2),
  (drawn) => ({ a: leaf([...drawn, 4], "even"), b: leaf([...drawn, 4], "odd") }),
  ({ a, b }) => {
    const [la, ta, ra, ba] = ops.split(ops.exp(a), [1, 1, 1, 1], -1);
    const [lb, tb, rb, bb] = ops.split(ops.exp(b), [1, 1, 1, 1], -1);
    const area = (l: typeof a, t: typeof a, r: typeof a, d: typeof a) =>
      ops.mul(ops.add(l, r), ops.add(t, d));
    const common = area(
      ops.minimum(la!, lb!),
      ops.minimum(ta!, tb!),
      ops.minimum(ra!, rb!),
      ops.minimum(ba!, bb!),
    );
    const union = ops.sub(ops.add(area(la!, ta!, ra!, ba!), area(lb!, tb!, rb!, bb!)), common);
    return ops.div(common, ops.maximum(union, 1e-6));
  },
);

export const compositeCases: readonly OperatorCase[] = [attention, gated, reused, overlap];
