import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** A seeded stream of draws; the same seed gives the same stream on every machine. */
export interface Random {
  /** A number in `[min, max)` with 53 random bits; `[0, 1)` when called without bounds. */
  uniform(min?: number, max?: number): number;
  /** A number in `[min, max)` whose logarithm is uniform; both bounds positive. */
  logUniform(min: number, max: number): number;
  /** A normally distributed number. */
  normal(mean?: number, deviation?: number): number;
  /** A whole number in `[0, count)`. */
  integer(count: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items, each equally likely. */
  choice<T>(items: readonly T[]): T;
  /** An index, drawn in proportion to the weights; they need not add up to 1. */
  weighted(weights: readonly number[]): number;
  /** The numbers `0 … count - 1` in random order. */
  permutation(count: number): number[];
}

/**
 * A stream of draws that depends on every number of the seed, so that `createRandom(seed, step, index)` is one
 * sample's own stream whoever computes it (xoroshiro128+ of the library pure-rand).
 */
export function createRandom(...seed: readonly number[]): Random {
  const generator = xoroshiro128plusFromState(stateOf(seed));
  const uniform = (min = 0, max = 1): number => {
    const high = generator.next() >>> 5; // 27 bits
    const low = generator.next() >>> 6; // 26 bits
    return min + ((high * 67108864 + low) / 9007199254740992) * (max - min);
  };
  const integer = (count: number): number => Math.floor(uniform() * count);
  return {
    uniform,
    integer,
    logUniform: (min, max) => Math.exp(uniform(Math.log(min), Math.log(max))),
    normal: (mean = 0, deviation = 1) => {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      return mean + deviation * radius * Math.cos(2 * Math.PI * uniform());
    },
    chance: (probability) => uniform() < probability,
    choice: (items) => {
      if (items.length === 0) throw new RangeError("choice: there is nothing to choose from");
      return items[integer(items.length)]!;
    },
    weighted: (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      if (!(total > 0))
        throw new RangeError(`weighted: the weights ${weights.join(", ")} have no positive sum`);
      let left = uniform() * total;
      for (let i = 0; i < weights.length; i++) {
        left -= weights[i]!;
        if (left < 0) return i;
      }
      return weights.findLastIndex((weight) => weight > 0);
    },
    permutation: (count) => {
      const order = Array.from({ length: count }, (_, i) => i);
      for (let i = count - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
  };
}

/** Folds the seed into 128 bits with MurmurHash3's finaliser, each number (64 bits of it) into all four words. */
function stateOf(seed: readonly number[]): number[] {
  const state: number[] = [0x9e3779b9 | 0, 0x243f6a88, 0xb7e15162 | 0, 0x5f356495];
  const words = new Uint32Array(new Float64Array(seed).buffer);
  for (let i = 0; i < words.length; i++) {
    for (let lane = 0; lane < 4; lane++) {
      state[lane] = mix(state[lane]! ^ mix(words[i]! + Math.imul(lane + 1, 0x9e3779b9) + i));
    }
  }
  if (!state.some((word) => word !== 0)) state[0] = 1;
  return state;
}

function mix(value: number): number {
  let word = value | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
