import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allLinearLayers, loraConfig, mergedConfig, parametersOf } from "@lorat/core/model";
import {
  bytesSource,
  dinov2StateDict,
  readModelFolder,
  type StateDict,
  stateDictOf,
  type TensorToWrite,
} from "@lorat/core/weights";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { torchSource } from "../../../../core/src/testing/torch-bytes.ts";
import { filled, tinyRank, tinyVariant, writeSafetensorsFile } from "../../testing/model-weights.ts";
import { convertModel } from "./index.ts";

const variant = tinyVariant;
const training = parametersOf(loraConfig(variant, { rank: tinyRank, targets: allLinearLayers }));
const trained = filled(stateDictOf(training.filter(({ role }) => role.trains)));
const base = filled(dinov2StateDict(variant, 5));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-kinds-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
const path = (extension: string) => join(folder, `${made++}.${extension}`);
const safetensors = (tensors: readonly TensorToWrite[], extension = "bin") =>
  writeSafetensorsFile(path(extension), tensors);
const named = (tensors: readonly TensorToWrite[], rename: (name: string) => string) =>
  tensors.map((tensor) => ({ ...tensor, name: rename(tensor.name) }));
const prefixed = (tensors: readonly TensorToWrite[], prefix: string) =>
  named(tensors, (name) => prefix + name);

/** As `torch.save` of a checkpoint that has the state dict under a key, beside other things. */
async function torchFile(tensors: readonly TensorToWrite[], key?: string): Promise<string> {
  const listed = tensors.map(({ name, dtype, shape, data }) => ({
    name,
    dtype,
    shape,
    data: data as Uint8Array,
  }));
  const source = torchSource(listed, {
    ...(key && {
      wrap: (stateDict) => ({
        dict: [
          ["epoch", 170],
          [key, stateDict],
          ["stats", { dict: [] }],
        ],
      }),
    }),
  });
  const file = path("pth");
  await writeFile(file, await source.read(0, source.size));
  return file;
}

const integer = (value: number): TensorToWrite => ({
  name: "lora_alpha",
  dtype: "I64",
  shape: [],
  data: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer),
});
const flag = (value: boolean): TensorToWrite => ({
  name: "use_rslora",
  dtype: "BOOL",
  shape: [],
  data: Uint8Array.of(value ? 1 : 0),
});

async function weightsOf(files: string[]) {
  const outDir = join(folder, `out-${made++}`);
  const { manifest } = await convertModel({ files, outDir, variant });
  const { weights } = await readModelFolder({
    json: manifest,
    weights: bytesSource(await readFile(join(outDir, "weights.safetensors"))),
  });
  const values = new Map<string, Float32Array>();
  for (const name of [...weights.entries.keys()].sort()) values.set(name, await weights.float32(name));
  return { values, manifest };
}

/** Without the tensors that only a wrapped or foreign file leaves out. */
const timms = () => base.filter(({ name }) => name !== "mask_token");
function huggingFaces(): TensorToWrite[] {
  return base.flatMap((tensor): TensorToWrite[] => {
    const { name, shape } = tensor;
    const layer = name.replace(/^blocks\.(\d+)\./, "encoder.layer.$1.");
    if (name.includes("attn.qkv")) {
      const bytes = tensor.data as Uint8Array;
      return ["query", "key", "value"].map((part, i) => ({
        ...tensor,
        name: layer.replace("attn.qkv", `attention.attention.${part}`),
        shape: [shape[0]! / 3, ...shape.slice(1)],
        data: bytes.slice((i * bytes.length) / 3, ((i + 1) * bytes.length) / 3),
      }));
    }
    const own = layer
      .replace("attn.proj", "attention.output.dense")
      .replace(/ls(\d)\.gamma/, "layer_scale$1.lambda1")
      .replace("patch_embed.proj", "embeddings.patch_embeddings.projection")
      .replace("pos_embed", "embeddings.position_embeddings")
      .replace(/^(cls|mask)_token/, "embeddings.$1_token")
      .replace(/^norm\./, "layernorm.");
    return [{ ...tensor, name: own }];
  });
}

describe("the same model comes out of", () => {
  it.each<[string, () => Promise<string[]>]>([
    ["trained tensors of today", async () => [await safetensors(trained), await torchFile(base)]],
    [
      "old ones with alpha equal to the rank",
      async () => [await safetensors([...trained, integer(tinyRank), flag(false)]), await torchFile(base)],
    ],
    [
      "a training file with its base in it",
      async () => [await safetensors(trainingFile(), "safetensors"), await torchFile(base)],
    ],
    [
      "DINOv2 as timm has it",
      async () => [await safetensors(trained), await safetensors(timms(), "safetensors")],
    ],
    [
      "DINOv2 as Hugging Face has it",
      async () => [await safetensors(trained), await safetensors(huggingFaces(), "safetensors")],
    ],
    [
      "names with module.",
      async () => [
        await safetensors(prefixed(trained, "module.")),
        await torchFile(prefixed(base, "module.")),
      ],
    ],
    [
      "names with module.model.",
      async () => [
        await safetensors(prefixed(trained, "module.model.")),
        await torchFile(prefixed(base, "model.")),
      ],
    ],
    ["a net wrapper", async () => [await torchFile(trained, "net"), await torchFile(base, "model")]],
    [
      "a state_dict wrapper with prefixes",
      async () => [
        await torchFile(prefixed(trained, "model."), "state_dict"),
        await torchFile(base, "state_dict"),
      ],
    ],
  ])("%s", async (_, files) => {
    const { values } = await weightsOf(await files());
    expect([...values.keys()]).toEqual([...stateDictOf(parametersOf(mergedConfig(variant))).keys()].sort());
    const reference = (await weightsOf([await safetensors(trained), await torchFile(base)])).values;
    for (const [name, expected] of reference) expect(values.get(name), name).toEqual(expected);
  });

  it("full fine-tuning, which has no adapters, as it is", async () => {
    const tensors = filled(stateDictOf(parametersOf(mergedConfig(variant))));
    const plain = await weightsOf([await safetensors(tensors, "safetensors")]);
    const wrapped = await weightsOf([await torchFile(prefixed(tensors, "module."), "net")]);
    expect(wrapped.values).toEqual(plain.values);
    expect(plain.manifest.sources[0]!.kind).toBe("lorat-merged");
  });
});

/** All that training holds: the base's tensors under LoRAT's names, filled as {@link base} is. */
function trainingFile(): TensorToWrite[] {
  const dinov2 = new Map(base.map((tensor) => [tensor.name, tensor]));
  const dict: StateDict = stateDictOf(training);
  return Array.from(dict, ([name, shape]): TensorToWrite => {
    const own = trained.find((tensor) => tensor.name === name);
    if (own) return own;
    const part = /\.attn\.qkv\.([qkv])\.linear\./.exec(name)?.[1];
    const stored = dinov2.get(name.replace(/\.qkv\.[qkv]\.linear\./, ".qkv.").replace(".linear.", "."))!;
    const bytes = stored.data as Uint8Array;
    if (name === "pos_embed") return { ...stored, name, shape, data: new Uint8Array(resized.buffer) };
    if (!part) return { ...stored, name, shape };
    const i = "qkv".indexOf(part);
    return {
      ...stored,
      name,
      shape,
      data: bytes.slice((i * bytes.length) / 3, ((i + 1) * bytes.length) / 3),
    };
  });
}

let resized = new Float32Array();
beforeAll(async () => {
  resized = (await weightsOf([await safetensors(trained), await torchFile(base)])).values
    .get("pos_embed")!
    .slice();
});

it("scales adapters as an old file says: alpha over the rank, or over its root", async () => {
  const of = async (...scalars: TensorToWrite[]) =>
    (await weightsOf([await safetensors([...trained, ...scalars]), await torchFile(base)])).values.get(
      "blocks.0.mlp.fc1.weight",
    )!;
  const [one, double, rooted] = [
    await of(),
    await of(integer(2 * tinyRank)),
    await of(integer(tinyRank), flag(true)),
  ];
  const frozen = new Float32Array(
    (base.find(({ name }) => name === "blocks.0.mlp.fc1.weight")!.data as Uint8Array).slice().buffer,
  );
  for (let i = 0; i < frozen.length; i++) {
    const change = one[i]! - frozen[i]!;
    expect(double[i]).toBeCloseTo(frozen[i]! + 2 * change, 4);
    expect(rooted[i]).toBeCloseTo(frozen[i]! + Math.sqrt(tinyRank) * change, 4);
  }
});
