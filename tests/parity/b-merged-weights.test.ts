import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parametersOf } from "../../packages/core/src/model/lorat.ts";
import { bytesSource } from "../../packages/core/src/weights/byte-source.ts";
import { mergedTensor, planMerge } from "../../packages/core/src/weights/merge.ts";
import { openSafetensors } from "../../packages/core/src/weights/safetensors.ts";
import { encodeSafetensors, type TensorToWrite } from "../../packages/core/src/weights/safetensors-writer.ts";
import type { TensorFile } from "../../packages/core/src/weights/tensor-file.ts";
import { type FixtureTensor, fixtureJson, fixturesDir, fixtureTensors, maxDifference } from "./fixtures.ts";
import { type RecordedConfig, recordedLora } from "./networks.ts";

interface Recorded {
  readonly cases: readonly {
    readonly name: string;
    readonly alpha: number;
    readonly use_rslora: boolean;
    readonly scaling_in_training_model: number;
  }[];
}

const names = readdirSync(fixturesDir).flatMap((file) => /^b_merge_(.+)\.safetensors$/.exec(file)?.[1] ?? []);

const bytesOf = ({ data }: FixtureTensor) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const open = async (tensors: TensorToWrite[]): Promise<TensorFile> =>
  openSafetensors(bytesSource(await encodeSafetensors(tensors)));

/** The recorded training weights as F32 tensors, without the scaling entries. */
function trainingWeights(ffn: string): TensorToWrite[] {
  return [...fixtureTensors(`a_forward_${ffn}`)].flatMap(([key, tensor]) => {
    const name = key.startsWith("weights.") ? key.slice("weights.".length) : "";
    if (name === "" || name === "lora_alpha" || name === "use_rslora") return [];
    return [{ name, dtype: "F32" as const, shape: tensor.shape, data: bytesOf(tensor) }];
  });
}

describe.each(names)("merged weights of b_merge_%s", (ffn) => {
  const tensors = fixtureTensors(`b_merge_${ffn}`);
  const { cases } = fixtureJson<Recorded>(`b_merge_${ffn}`);
  const weights = trainingWeights(ffn);
  const all = parametersOf(recordedLora(fixtureJson<{ config: RecordedConfig }>(`a_forward_${ffn}`).config));
  /** What the recorded tensors are merged from. */
  const parametersIn = (merged: ReadonlyMap<string, unknown>) =>
    all.filter(({ role }) => role.merged && merged.has(role.merged.name));
  const recordedCases = cases.flatMap((recorded) => {
    const prefix = `${recorded.name}.merged_weights.`;
    const merged = new Map(
      [...tensors].flatMap(([key, tensor]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), tensor] as const] : [],
      ),
    );
    return merged.size > 0 ? [{ ...recorded, merged }] : [];
  });

  it("has a case with recorded weights", () => expect(recordedCases.length).toBeGreaterThan(0));

  it.each(recordedCases)("case $name: every recorded tensor", async ({ merged, alpha, use_rslora }) => {
    const scaling: TensorToWrite[] = [
      { name: "lora_alpha", dtype: "F32", shape: [], data: new Uint8Array(Float32Array.of(alpha).buffer) },
      { name: "use_rslora", dtype: "BOOL", shape: [], data: Uint8Array.of(use_rslora ? 1 : 0) },
    ];
    const plan = await planMerge(parametersIn(merged), await open([...weights, ...scaling]));
    expect(plan.map(({ name }) => name).sort()).toEqual([...merged.keys()].sort());
    for (const tensor of plan) {
      const recorded = merged.get(tensor.name)!.data as Float32Array;
      expect(maxDifference(await mergedTensor(tensor), recorded), tensor.name).toBeLessThanOrEqual(1e-5);
    }
  });

  it.each(recordedCases)(
    "case $name: a trainable-only file over its base falls back to scaling 1",
    async (recorded) => {
      // the recording is W + s B A; with scaling 1 it would have been W + (recording - W) / s
      const parameters = parametersIn(recorded.merged);
      const frozen = await planMerge(
        parameters,
        await open(weights.filter(({ name }) => !name.includes(".lora."))),
      );
      const base: TensorToWrite[] = [];
      for (const tensor of frozen) {
        const data = new Uint8Array((await mergedTensor(tensor)).buffer);
        base.push({ name: tensor.name, dtype: "F32", shape: tensor.shape, data });
      }
      const baseFile = await open(base);
      const trainable = await open(weights.filter(({ name }) => name.includes(".lora.")));
      for (const tensor of await planMerge(parameters, trainable, baseFile)) {
        const w = await baseFile.float32(tensor.name);
        const merged = recorded.merged.get(tensor.name)!.data as Float32Array;
        const expected = merged.map(
          (value, i) => w[i]! + (value - w[i]!) / recorded.scaling_in_training_model,
        );
        expect(maxDifference(await mergedTensor(tensor), expected), tensor.name).toBeLessThanOrEqual(1e-5);
      }
    },
  );
});

it("found recordings", () => expect(names.length).toBeGreaterThan(0));
