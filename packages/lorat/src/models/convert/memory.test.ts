import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { allLinearLayers, loraConfig, parametersOf, type Variant } from "@lorat/core/model";
import { dinov2StateDict, elementCount, type StateDict, stateDictOf } from "@lorat/core/weights";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { filled, tinyVariant, writeSafetensorsFile } from "../../testing/model-weights.ts";

const megabyte = 2 ** 20;
// feed-forward weights of 128 MB each: tensor, product and sum held whole would show
const variant: Variant = { ...tinyVariant, name: "wide", dim: 64, depth: 1, hidden: megabyte / 2 };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-memory-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A safetensors file of zeros that takes no room on the disk. */
async function sparseSafetensors(
  path: string,
  tensors: StateDict,
): Promise<{ bytes: number; largest: number }> {
  let offset = 0;
  let largest = 0;
  const header: Record<string, object> = {};
  for (const [name, shape] of tensors) {
    const bytes = elementCount(shape) * 4;
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
    largest = Math.max(largest, bytes);
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  await writeFile(path, Buffer.concat([length, json]));
  await truncate(path, 8 + json.byteLength + offset);
  return { bytes: offset, largest };
}

it("converts in memory that the model's size does not matter to", async () => {
  const dinov2 = join(folder, "dinov2.safetensors");
  const { bytes, largest } = await sparseSafetensors(dinov2, dinov2StateDict(variant, 37));
  expect(bytes).toBeGreaterThan(250 * megabyte);
  const adapters = { rank: 4, targets: allLinearLayers };
  const trained = await writeSafetensorsFile(
    join(folder, "model.bin"),
    filled(stateDictOf(parametersOf(loraConfig(variant, adapters)).filter(({ role }) => role.trains))),
  );

  const script = join(folder, "convert.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../../testing/convert-child.ts", import.meta.url))],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["lorat-source"],
    external: ["onnxruntime-node", "onnxruntime-web"],
    logLevel: "silent",
  });
  const outDir = join(folder, "out");
  const options = { files: [trained, dinov2], outDir, variant, precision: "fp16" };
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(options)]);
  const { peakBytes } = JSON.parse(stdout) as { peakBytes: number };
  console.info(
    `peak ${(peakBytes / megabyte).toFixed(0)} MB for a largest tensor of ${largest / megabyte} MB`,
  );
  expect(peakBytes).toBeLessThanOrEqual(1.5 * largest + 500 * megabyte);
  // the promise above would let a whole tensor or two be held; a block at a time needs far less
  expect(peakBytes).toBeLessThanOrEqual(300 * megabyte);
  expect((await stat(join(outDir, "weights.safetensors"))).size).toBeGreaterThan(bytes / 2);
}, 300_000);
