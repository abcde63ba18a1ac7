import type * as fc from "fast-check";
import type { Value } from "../../graph.ts";
import type { Tensor64 } from "../tensor64.ts";

/**
 * Where the elements of a leaf lie: `any` within 2 of zero, `small` within a half. `even` and `odd` are two grids 0.1 apart, so that no two of their elements tie and
 * no `odd` one is 0; in `spread` consecutive elements are far from equal, so that none of their variances vanishes.
 */
export type Domain = "any" | "small" | "positive" | "nonzero" | "even" | "odd" | "spread";

/** A tensor that a case differentiates by. */
export interface Leaf {
  readonly shape: readonly number[];
  readonly domain: Domain;
}

/** One graph: its leaves, and what is built from them. */
export interface Instance {
  /** What was drawn, so that a failure can be read. */
  readonly settings: unknown;
  readonly leaves: Readonly<Record<string, Leaf>>;
  build(leaves: Readonly<Record<string, Value>>): Value;
}

/** An operator, or several together, on random shapes. */
export interface OperatorCase {
  readonly name: string;
  readonly instances: fc.Arbitrary<Instance>;
  /** False where the WebGPU provider has no kernel (element types that its shaders lack). */
  readonly webgpu: boolean;
}

/** A case from what is drawn, the leaves that follow from it, and the graph over both. */
export function operatorCase<S, L extends string>(
  name: string,
  settings: fc.Arbitrary<S>,
  leaves: (settings: S) => Record<L, Leaf>,
  build: (leaves: Readonly<Record<L, Value>>, settings: S) => Value,
  { webgpu = true }: { webgpu?: boolean } = {},
): OperatorCase {
  const instances = settings.map(
    (drawn): Instance => ({
      settings: drawn,
      leaves: leaves(drawn),
      build: (values) => build(values as Record<L, Value>, drawn),
    }),
  );
  return { name, instances, webgpu };
}

/** A leaf; any finite numbers unless said otherwise. */
export function leaf(shape: readonly number[], domain: Domain = "any"): Leaf {
  return { shape, domain };
}

/** Numbers uniform in [0, 1), from a seed. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // A Weyl sequence through a multiplicative mix: enough for test data.
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;

const draw: Readonly<Record<Domain, (next: () => number, position: number) => number>> = {
  any: (next) => next() * 4 - 2,
  small: (next) => next() - 0.5,
  positive: (next) => 0.3 + next() * 2,
  nonzero: (next) => (next() < 0.5 ? -1 : 1) * (0.5 + next() * 1.5),
  even: (next) => 0.2 * Math.floor(next() * 17 - 8),
  odd: (next) => 0.2 * Math.floor(next() * 17 - 8) + 0.1,
  spread: (next, position) => ((position * goldenRatio) % 1) * 4 - 2 + 0.2 * next(),
};

/** Random elements of a leaf, each exact in float32. */
export function fill({ shape, domain }: Leaf, next: () => number): Tensor64 {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float64Array.from({ length: size }, (_, i) => Math.fround(draw[domain](next, i))) };
}
