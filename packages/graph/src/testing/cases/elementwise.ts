import * as fc from "fast-check";
import type { Value } from "../../graph.ts";
import * as ops from "../../ops/index.ts";
import { bool } from "../../tensor.ts";
import { type Domain, leaf, type OperatorCase, operatorCase } from "./case.ts";
import { broadcastGroup, shape } from "./shapes.ts";

function unary(name: string, apply: (x: Value) => Value, domain: Domain = "any"): OperatorCase {
  return operatorCase(
    name,
    shape(),
    (drawn) => ({ x: leaf(drawn, domain) }),
    ({ x }) => apply(x),
  );
}

function binary(
  name: string,
  apply: (a: Value, b: Value) => Value,
  domains: readonly [Domain, Domain] = ["any", "any"],
): OperatorCase {
  return operatorCase(
    name,
    broadcastGroup(2),
    ([a, b]) => ({ a: leaf(a!, domains[0]), b: leaf(b!, domains[1]) }),
    ({ a, b }) => apply(a, b),
  );
}

const whereConstant = operatorCase(
  "where, by a constant condition",
  broadcastGroup(3).chain(([condition, a, b]) => {
    const size = condition!.reduce((n, dim) => n * dim, 1);
    return fc.record({
      condition: fc.constant(condition!),
      bits: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
      a: fc.constant(a!),
      b: fc.constant(b!),
    });
  }),
  ({ a, b }) => ({ a: leaf(a), b: leaf(b) }),
  ({ a, b }, { condition, bits }) => ops.where(a.graph.constant(bool(bits, condition)), a, b),
);

const whereCompared = operatorCase(
  "where, by comparing what it chooses from",
  broadcastGroup(3),
  ([a, b, c]) => ({ a: leaf(a!, "even"), b: leaf(b!, "odd"), c: leaf(c!) }),
  ({ a, b, c }) => ops.where(ops.less(a, b), ops.mul(a, c), ops.where(ops.greater(a, b), b, 0)),
);

const castCompared = operatorCase(
  "cast of a comparison to a mask",
  broadcastGroup(2),
  ([a, b]) => ({ a: leaf(a!, "even"), b: leaf(b!, "odd") }),
  ({ a, b }) => ops.mul(ops.cast(ops.greater(a, b), "float32"), ops.sub(a, b)),
);

const castWide = operatorCase(
  "cast to double precision and back",
  shape(),
  (drawn) => ({ x: leaf(drawn) }),
  ({ x }) => {
    const wide = ops.cast(x, "float64");
    return ops.cast(ops.mul(wide, wide), "float32");
  },
  // Shaders have no 64-bit floats.
  { webgpu: false },
);

export const elementwiseCases: readonly OperatorCase[] = [
  binary("add", ops.add),
  binary("sub", ops.sub),
  binary("mul", ops.mul),
  binary("div", ops.div, ["any", "nonzero"]),
  binary("maximum", ops.maximum, ["even", "odd"]),
  binary("minimum", ops.minimum, ["even", "odd"]),
  binary("numbers as operands", (a, b) => ops.div(ops.sub(1, a), ops.add(ops.mul(0.5, b), 2)), [
    "any",
    "positive",
  ]),
  unary("maximum and minimum with numbers", (x) => ops.minimum(1, ops.maximum(x, -0.8)), "odd"),
  unary("neg", ops.neg),
  unary("exp", ops.exp),
  unary("log", ops.log, "positive"),
  unary("sqrt", ops.sqrt, "positive"),
  unary("sigmoid", ops.sigmoid),
  unary("silu", ops.silu),
  unary("relu", ops.relu, "odd"),
  unary("hardSigmoid", ops.hardSigmoid),
  unary("abs", ops.abs, "odd"),
  unary("erf", ops.erf),
  unary("gelu", ops.gelu),
  whereConstant,
  whereCompared,
  castCompared,
  castWide,
];
