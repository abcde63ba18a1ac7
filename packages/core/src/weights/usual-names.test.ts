import { expect, it } from "vitest";
import { bytesSource } from "./byte-source.ts";
import { openTensorFile } from "./open.ts";
import { writeSafetensors } from "./safetensors-writer.ts";

async function namesOf(names: readonly string[]): Promise<string[]> {
  const pieces: Uint8Array[] = [];
  const tensors = names.map(
    (name, i) =>
      ({ name, dtype: "F32", shape: [1], data: new Uint8Array(Float32Array.of(i).buffer) }) as const,
  );
  await writeSafetensors(tensors, {}, { write: async (bytes) => void pieces.push(bytes.slice()) });
  const file = await openTensorFile(bytesSource(Buffer.concat(pieces)), "f");
  const found = [...file.entries.keys()];
  // Under the new name the same numbers.
  const values = await Promise.all(found.map((name) => file.float32(name)));
  expect(values.map(([value]) => value).sort()).toEqual(names.map((_, i) => i));
  return found.sort();
}

it.each([
  [
    "as released",
    ["blocks.0.norm1.bias", "patch_embed.proj.weight"],
    ["blocks.0.norm1.bias", "patch_embed.proj.weight"],
  ],
  [
    "wrapped for several devices",
    ["module.blocks.0.norm1.bias", "module.patch_embed.proj.weight"],
    ["blocks.0.norm1.bias", "patch_embed.proj.weight"],
  ],
  [
    "wrapped by Lightning, with a head",
    ["model.backbone.cls_token", "model.backbone.patch_embed.proj.weight", "model.head.bias"],
    ["cls_token", "model.head.bias", "patch_embed.proj.weight"],
  ],
  [
    "trained by LoRAT without its base, wrapped",
    ["module.model.head.cls_mlp.layers.0.bias", "module.model.token_type_embed"],
    ["head.cls_mlp.layers.0.bias", "token_type_embed"],
  ],
  [
    "in chunks",
    ["blocks.0.0.norm1.bias", "blocks.1.6.norm1.bias", "patch_embed.proj.weight"],
    ["blocks.0.norm1.bias", "blocks.6.norm1.bias", "patch_embed.proj.weight"],
  ],
  [
    "two networks",
    ["student.patch_embed.proj.weight", "teacher.patch_embed.proj.weight"],
    ["student.patch_embed.proj.weight", "teacher.patch_embed.proj.weight"],
  ],
])("opens a network %s under its usual names", async (_, names, expected) => {
  expect(await namesOf(names)).toEqual(expected);
});
