import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parametersOf } from "../../packages/core/src/model/lorat.ts";
import { bytesSource } from "../../packages/core/src/weights/byte-source.ts";
import { dinov2StateDict, profileWeights, scalingNotes } from "../../packages/core/src/weights/names.ts";
import { openSafetensors } from "../../packages/core/src/weights/safetensors.ts";
import { stateDictOf, validateStateDict } from "../../packages/core/src/weights/validate.ts";
import { fixtureJson, fixturesDir, fixtureTensors, maxDifference } from "./fixtures.ts";
import { type RecordedConfig, recordedLora, recordedVariant } from "./networks.ts";

interface Recorded {
  readonly config: RecordedConfig;
  readonly trainable: readonly string[];
}

const names = readdirSync(fixturesDir).flatMap(
  (file) => /^(a_forward_.+)\.safetensors$/.exec(file)?.[1] ?? [],
);

describe.each(names)("weights of %s", (name) => {
  const { config, trainable } = fixtureJson<Recorded>(name);
  const tensors = fixtureTensors(name);
  const weights = new Map(
    [...tensors].flatMap(([key, { shape }]) =>
      key.startsWith("weights.") ? [[key.slice(8), shape] as const] : [],
    ),
  );
  const variant = recordedVariant(config);
  const parameters = parametersOf(recordedLora(config));
  const profile = profileWeights(weights, name);
  const adapters = profile.adapters!;

  it("are recognised as the configuration that made them", () => {
    const { dim, depth, hidden, patchSize, ffn } = variant;
    expect(profile).toMatchObject({
      kind: "lorat-full",
      dim,
      depth,
      hidden,
      patchSize,
      ffn,
      grid: config.search_grid,
    });
    expect(adapters).toEqual({
      rank: config.r,
      targets: { q: true, k: true, v: true, proj: true, mlp: true },
    });
  });

  it("have every expected name and shape, and no other", () => {
    validateStateDict(weights, stateDictOf(parameters), { what: name, optional: scalingNotes(parameters) });
    const trains = parameters.filter(({ role }) => role.trains);
    expect(trains.map((parameter) => parameter.name).sort()).toEqual([...trainable].sort());
    const source = dinov2StateDict(variant, config.source_pos_grid);
    expect(source.get("pos_embed")).toEqual(tensors.get("dinov2_source.pos_embed")!.shape);
  });

  it("are read by the project's reader as by the fixtures' own", async () => {
    const file = await openSafetensors(
      bytesSource(readFileSync(resolve(fixturesDir, `${name}.safetensors`))),
    );
    expect(new Set(file.entries.keys())).toEqual(new Set(tensors.keys()));
    for (const [key, { shape, data }] of tensors) {
      expect(file.entries.get(key)!.shape).toEqual(shape);
      const recorded = Float32Array.from(data as ArrayLike<number | bigint>, Number);
      expect(maxDifference(await file.float32(key), recorded), key).toBe(0);
    }
  });
});

it("found recordings", () => expect(names.length).toBeGreaterThan(0));
