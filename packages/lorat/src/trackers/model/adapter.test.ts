import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  initialWeights,
  loraConfig,
  lorat,
  networkInputs,
  parametersOf,
  variantNamed,
} from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import { fileSource, openSafetensors } from "@lorat/core/weights";
import { float32, Graph, Session, sizeOf, type Tensor, type Weights } from "@lorat/graph";
import { afterAll, beforeAll, expect, it } from "vitest";
import { weightsFingerprint, writeAdapter } from "./adapter.ts";
import { loadModel } from "./load-tracker.ts";
import { modelFolderPath } from "./model-path.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-adapter-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const variant = variantNamed("nano");
const config = loraConfig(variant, { rank: 4 });

/** A network's answer to the same noise. */
async function answer(model: typeof config, weights: Weights) {
  const graph = new Graph();
  const { scoreMap, boxes } = lorat(networkInputs(graph, model, 1), model);
  const session = await Session.create({ scoreMap, boxes }, { device: "cpu", threads: 1, weights });
  const random = createRandom(8);
  const feeds = Object.fromEntries(
    [...session.inputs].map(([name, { shape }]) => [
      name,
      float32(
        Float32Array.from({ length: sizeOf(shape) }, () => (name === "template_mask" ? 1 : random.normal())),
        shape,
      ),
    ]),
  );
  const out = await session.compute(feeds);
  await session.dispose();
  return [...out.scoreMap!.data, ...out.boxes!.data].map(Number);
}

async function bundledWeights() {
  return fileSource(join(await modelFolderPath("nano"), "weights.safetensors"));
}

it("gives the numbers of the network with its adapters apart", async () => {
  // The training network: the bundled weights split into q, k and v, adapters and a new head drawn at random.
  const source = await bundledWeights();
  const base = await openSafetensors(source);
  const training = initialWeights(parametersOf(config), createRandom(5)) as Map<string, Tensor<"float32">>;
  for (const [name, { shape }] of training) {
    const split = /^(.*\.qkv)\.([qkv])\.linear\.(weight|bias)$/.exec(name);
    const plain = name.replace(".linear.", ".");
    if (split) {
      const row = "qkv".indexOf(split[2]!) * sizeOf(shape);
      training.set(
        name,
        float32(await base.float32(`${split[1]}.${split[3]}`, row, row + sizeOf(shape)), shape),
      );
    } else if (base.entries.has(plain) && !/^head\.|^token_type/.test(name)) {
      training.set(name, float32(await base.float32(plain), shape));
    }
  }
  const trains = new Set(parametersOf(config).flatMap(({ name, role }) => (role.trains ? [name] : [])));
  const trained = new Map([...training].filter(([name]) => trains.has(name)));
  const path = join(folder, "adapter.safetensors");
  await writeAdapter(path, trained, { base: "nano", baseFingerprint: await weightsFingerprint(source) });
  await source.dispose();

  const merged = await loadModel("nano", { adapter: path });
  const apart = await answer(config, training);
  const together = await answer(merged.config, merged.weights);
  const furthest = Math.max(...apart.map((value, i) => Math.abs(value - together[i]!)));
  expect(furthest).toBeLessThan(1e-4);
  const plain = await loadModel("nano");
  const without = await answer(plain.config, plain.weights);
  expect(Math.max(...without.map((value, i) => Math.abs(value - together[i]!)))).toBeGreaterThan(1e-2);
});

it("refuses an adapter that was made for other weights, naming them", async () => {
  const path = join(folder, "other.safetensors");
  const types = float32(new Float32Array(3 * variant.dim), [3, variant.dim]);
  await writeAdapter(path, new Map([["token_type_embed", types]]), {
    base: "another",
    baseFingerprint: "00",
  });
  await expect(loadModel("nano", { adapter: path })).rejects.toMatchObject({
    code: "ADAPTER_BASE",
    message: expect.stringContaining("another"),
  });
});

it("says which file is missing", async () => {
  await expect(loadModel("nano", { adapter: join(folder, "none.safetensors") })).rejects.toMatchObject({
    code: "WEIGHTS_NOT_FOUND",
  });
});
