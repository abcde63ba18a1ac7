import { describe, expect, it } from "vitest";
import type { Size } from "../../packages/core/src/geometry/frame.ts";
import { resizePositions, sinCosPositions } from "../../packages/core/src/model/positions.ts";
import { type FixtureTensor, fixtureJson, fixtureTensors, maxDifference } from "./fixtures.ts";

const tensors = fixtureTensors("e_pos_embed_interp");
const sources = [...tensors.keys()].flatMap((name) => {
  const match = /^source_(\d+)x(\d+)$/.exec(name);
  return match ? [{ name, height: Number(match[1]), width: Number(match[2]) }] : [];
});
/** `resized_from_15_to_22` names its source, `resized_16` comes from the source that {@link mainSource} finds. */
const resized = [...tensors.keys()].flatMap((name) => {
  const match = /^resized_(?:from_(\d+)_to_)?(\d+)$/.exec(name);
  return match ? [{ name, from: match[1] ? Number(match[1]) : undefined, to: Number(match[2]) }] : [];
});
const named = new Set(resized.map(({ from }) => from));
const mainSource = sources.find(({ width }) => !named.has(width));

function sourceOf(from: number | undefined) {
  const source = from === undefined ? mainSource : sources.find(({ width }) => width === from);
  if (!source) throw new Error(`no source table for ${from ?? "the unnamed cases"}`);
  return source;
}

describe("e: position table resize", () => {
  for (const { name, from, to } of resized) {
    const source = sourceOf(from);
    const grid: Size = source;
    const target = { width: to, height: to };
    const { data, shape } = tensors.get(source.name)!;
    const dim = shape.at(-1)!;
    const expected = tensors.get(name)!.data as Float32Array;

    it(`${source.name} to ${to} x ${to}`, () => {
      const actual = resizePositions(data as Float32Array, dim, grid, target);
      expect(maxDifference(actual, expected)).toBeLessThanOrEqual(2e-6);
    });

    it(`${source.name} behind a CLS row, to ${to} x ${to}`, () => {
      const actual = resizePositions(data as Float32Array, dim, source, target);
      expect(maxDifference(actual, expected)).toBeLessThanOrEqual(2e-6);
    });
  }
});

interface Config {
  config: { template_grid: number; search_grid: number };
}

describe("d: fixed sine-cosine tables", () => {
  const { config } = fixtureJson<Config>("d_embedding_ablations_forward");
  const ablations = fixtureTensors("d_embedding_ablations_forward");
  for (const [name, side] of [
    ["sinusoidal.pos_embed_t", config.template_grid],
    ["sinusoidal.pos_embed_s", config.search_grid],
  ] as const) {
    it(name, () => {
      const { data, shape } = ablations.get(name) as FixtureTensor;
      const actual = sinCosPositions({ width: side, height: side }, shape.at(-1)!);
      expect(maxDifference(actual, data as Float32Array)).toBeLessThanOrEqual(1e-6);
    });
  }
});
