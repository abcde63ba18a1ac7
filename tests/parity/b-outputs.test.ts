import { float32, Graph, Session, type StoredTensor, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import {
  allLinearLayers,
  loraConfig,
  type ModelConfig,
  mergedConfig,
} from "../../packages/core/src/model/config.ts";
import { lorat, networkInputs, parametersOf } from "../../packages/core/src/model/lorat.ts";
import { bytesSource } from "../../packages/core/src/weights/byte-source.ts";
import { mergedTensor, planMerge } from "../../packages/core/src/weights/merge.ts";
import { openSafetensors } from "../../packages/core/src/weights/safetensors.ts";
import { encodeSafetensors, type TensorToWrite } from "../../packages/core/src/weights/safetensors-writer.ts";
import { fixtureJson, fixtureTensors, maxDifference, toNumber } from "./fixtures.ts";
import { floats, forwardRecording, plainBackbone, recordedVariant } from "./networks.ts";

interface RecordedCase {
  name: string;
  alpha: number | string;
  r: number;
  use_rslora: boolean;
  loaded_keys: string;
}

const asBytes = (tensor: Tensor<"float32">) =>
  new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);

async function weightFile(weights: Iterable<[string, StoredTensor]>, scaling: TensorToWrite[] = []) {
  const tensors = [...weights].map(
    ([name, tensor]): TensorToWrite => ({
      name,
      dtype: "F32",
      shape: tensor.shape,
      data: asBytes(tensor as Tensor<"float32">),
    }),
  );
  return openSafetensors(bytesSource(await encodeSafetensors([...tensors, ...scaling])));
}

describe.each(["gelu", "swiglu"])("merging as the reference does it, %s", (kind) => {
  const recording = forwardRecording(kind);
  const tensors = fixtureTensors(`b_merge_${kind}`);
  const { cases } = fixtureJson<{ cases: RecordedCase[] }>(`b_merge_${kind}`);
  const variant = recordedVariant(recording.config);
  const { batch } = recording.config;

  async function run(model: ModelConfig, weights: ReadonlyMap<string, StoredTensor>) {
    const { scoreMap, boxes } = lorat(networkInputs(new Graph(), model, batch), model);
    const session = await Session.create({ score_map: scoreMap, boxes }, { device: "cpu", weights });
    const out = await session.compute(recording.feeds);
    await session.dispose();
    return out;
  }

  function expectRecorded(out: Record<string, Tensor>, prefix: string) {
    for (const key of ["score_map", "boxes"]) {
      const recorded = floats(tensors.get(`${prefix}.${key}`)!).data;
      expect(maxDifference(out[key]!.data as Float32Array, recorded), `${prefix}.${key}`).toBeLessThanOrEqual(
        1e-5,
      );
    }
  }

  it.each(cases)("$name: adapters apart", async (recorded) => {
    const model: ModelConfig = {
      ...mergedConfig(variant),
      adaptation: {
        kind: "lora",
        rank: recorded.r,
        alpha: toNumber(recorded.alpha),
        rankStabilised: recorded.use_rslora,
        targets: allLinearLayers,
      },
    };
    expectRecorded(await run(model, recording.weights), `${recorded.name}.unmerged`);
  });

  it.each(cases)("$name: merged from the files that the case loads", async (recorded) => {
    const scaling: TensorToWrite[] = [
      { name: "lora_alpha", dtype: "F32", shape: [], data: asBytes(float32([toNumber(recorded.alpha)], [])) },
      { name: "use_rslora", dtype: "BOOL", shape: [], data: Uint8Array.of(recorded.use_rslora ? 1 : 0) },
    ];
    const model = loraConfig(variant, { rank: recorded.r });
    const trainableOnly = recorded.name.startsWith("trainable_only");
    const isTrained = (name: string) => /\.lora\.|^head\.|^token_type_embed$/.test(name);
    const trained = trainableOnly
      ? await weightFile([...recording.weights].filter(([name]) => isTrained(name)))
      : await weightFile(recording.weights, scaling);
    const base = trainableOnly ? await weightFile(plainBackbone(recording.weights)) : undefined;
    const weights = new Map<string, StoredTensor>();
    for (const tensor of await planMerge(parametersOf(model), trained, base)) {
      weights.set(tensor.name, float32(await mergedTensor(tensor), tensor.shape));
    }
    expectRecorded(await run(mergedConfig(variant), weights), `${recorded.name}.merged`);
  });
});
