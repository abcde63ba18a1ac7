// Files of the exact names and shapes that are published, at full size and filled with random numbers, behind a local host: each is pulled by
// one command, and the model's outputs are compared with a network that reads the same files directly, adapters apart.
//   node scripts/run.mjs experiments/pull-full-size.ts [b l g] [--pixels 224] [--folder DIR]
import { spawn } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  allLinearLayers,
  loraConfig,
  lorat,
  type ModelConfig,
  networkInputs,
  parametersOf,
  resizePositions,
  searchSizePx,
  templateSizePx,
  variantNamed,
} from "@lorat/core/model";
import { dinov2StateDict, elementCount, fileSource, openSafetensors, stateDictOf } from "@lorat/core/weights";
import { float32, Graph, Session, type StoredTensor } from "@lorat/graph";
import { loadModel } from "lorat";

const args = process.argv.slice(2);
const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const pixels = option("--pixels") ?? "224";
const folder = option("--folder") ?? join(tmpdir(), "lorat-full-size");
const sizes = args.filter((arg) => /^[blg]$/.test(arg));
const words: Record<string, string> = { b: "base", l: "large", g: "giant" };
await mkdir(folder, { recursive: true });

/** Random numbers of the size that a trained network has, from one block that is read from many places. */
const block = new Float32Array(2 ** 20);
const integers = new Int16Array(block.length);
randomFillSync(integers);
for (let i = 0; i < block.length; i++) block[i] = (integers[i]! / 32768) * 0.03;

async function writeFile(path: string, tensors: ReadonlyMap<string, readonly number[]>): Promise<string> {
  const header: Record<string, object> = {};
  let at = 0;
  for (const [name, shape] of tensors) {
    const scalar = name === "lora_alpha" ? "I64" : name === "use_rslora" ? "BOOL" : "F32";
    const bytes = scalar === "I64" ? 8 : scalar === "BOOL" ? 1 : 4 * elementCount(shape);
    header[name] = { dtype: scalar, shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const out = createWriteStream(path);
  const hash = createHash("sha256");
  const write = async (bytes: Uint8Array) => {
    hash.update(bytes);
    if (!out.write(bytes)) await once(out, "drain");
  };
  await write(length);
  await write(json);
  let seed = 1;
  for (const [name, shape] of tensors) {
    if (name === "lora_alpha") await write(new Uint8Array(BigInt64Array.of(64n).buffer));
    else if (name === "use_rslora") await write(Uint8Array.of(0));
    else {
      const isNorm = /norm\d?\.weight$|layernorm\.weight$/.test(name);
      for (let left = elementCount(shape); left > 0; ) {
        seed = (seed * 48271) % 2147483647;
        const from = seed % (block.length / 2);
        const count = Math.min(left, block.length - from);
        const piece = block.slice(from, from + count);
        if (isNorm) for (let i = 0; i < count; i++) piece[i]! += 1;
        await write(new Uint8Array(piece.buffer, 0, 4 * count));
        left -= count;
      }
    }
  }
  out.end();
  await once(out, "finish");
  return hash.digest("hex");
}

/** The names that Hugging Face gives DINOv2. */
function huggingFace(dict: ReadonlyMap<string, readonly number[]>): Map<string, readonly number[]> {
  const out = new Map<string, readonly number[]>();
  for (const [name, shape] of dict) {
    const layer = name.replace(/^blocks\.(\d+)\./, "encoder.layer.$1.");
    if (name.includes("attn.qkv")) {
      for (const part of ["query", "key", "value"])
        out.set(layer.replace("attn.qkv", `attention.attention.${part}`), [shape[0]! / 3, ...shape.slice(1)]);
      continue;
    }
    const own = layer
      .replace("attn.proj", "attention.output.dense")
      .replace(/ls(\d)\.gamma/, "layer_scale$1.lambda1")
      .replace("mlp.w12", "mlp.weights_in")
      .replace("mlp.w3", "mlp.weights_out")
      .replace("patch_embed.proj", "embeddings.patch_embeddings.projection")
      .replace("pos_embed", "embeddings.position_embeddings")
      .replace(/^(cls|mask)_token/, "embeddings.$1_token")
      .replace(/^norm\./, "layernorm.");
    out.set(own, shape);
  }
  return out;
}

/** Serves two files as Google Drive and Hugging Face do. */
async function serve(lorat: string, dinov2: string, sha256: string) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://h");
    if (pathname.endsWith("/resolve/main/model.safetensors")) {
      const { size } = await stat(dinov2);
      const headers = { location: "/cdn/dinov2", "x-linked-etag": `"${sha256}"`, "x-linked-size": `${size}` };
      return void response.writeHead(302, headers).end();
    }
    const path =
      pathname === "/cdn/dinov2" ? dinov2 : pathname.includes("drive.usercontent") ? lorat : undefined;
    if (!path) return void response.writeHead(404).end();
    const { size } = await stat(path);
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    response.writeHead(from ? 206 : 200, {
      etag: '"x"',
      "content-length": size - from,
      ...(from && { "content-range": `bytes ${from}-${size - 1}/${size}` }),
    });
    createReadStream(path, { start: from }).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
}

/** Runs `lorat pull`, with its peak memory by the system's count. */
async function pull(name: string, cache: string, url: string) {
  const bin = fileURLToPath(new URL("../../../packages/lorat/bin/lorat.js", import.meta.url));
  const began = performance.now();
  const child = spawn(process.execPath, [bin, "pull", name], {
    stdio: "inherit",
    env: {
      ...process.env,
      LORAT_CACHE: cache,
      LORAT_MIRROR: url,
      HF_ENDPOINT: url,
      HF_HOME: join(cache, "hf"),
      TORCH_HOME: cache,
    },
  });
  let peak = 0;
  const timer = setInterval(async () => {
    const text = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0));
  }, 100);
  const [status] = await once(child, "exit");
  clearInterval(timer);
  if (status !== 0) throw new Error(`pull ended with ${status}`);
  return { seconds: (performance.now() - began) / 1000, peakMegabytes: peak / 1024 };
}

/** The network in training, its weights read where they lie in the two files. */
async function direct(
  name: string,
  trained: string,
  dinov2: string,
): Promise<{ config: ModelConfig; weights: Map<string, StoredTensor> }> {
  const variant = variantNamed(name);
  const config = loraConfig(variant);
  const weights = new Map<string, StoredTensor>();
  const sources = await Promise.all([trained, dinov2].map(fileSource));
  const [own, base] = await Promise.all(sources.map(openSafetensors));
  for (const { name: parameter, shape } of parametersOf(config)) {
    if (parameter === "pos_embed") {
      const table = (await base!.float32("embeddings.position_embeddings", variant.dim)).slice();
      const side = variant.searchGrid;
      const data = resizePositions(
        table,
        variant.dim,
        { width: 37, height: 37 },
        { width: side, height: side },
      );
      weights.set(parameter, float32(data, shape));
      continue;
    }
    const entry = own!.entries.get(parameter);
    if (entry) {
      weights.set(parameter, { dtype: "float32", shape, file: trained, offset: entry.offset });
      continue;
    }
    const stored = parameter
      .replace(/^blocks\.(\d+)\./, "encoder.layer.$1.")
      .replace(
        /attn\.qkv\.([qkv])\.linear/,
        (_, part) => `attention.attention.${{ q: "query", k: "key", v: "value" }[part as "q"]}`,
      )
      .replace("attn.proj.linear", "attention.output.dense")
      .replace(/ls(\d)\.gamma/, "layer_scale$1.lambda1")
      .replace("mlp.w12.linear", "mlp.weights_in")
      .replace("mlp.w3.linear", "mlp.weights_out")
      .replace(".linear.", ".")
      .replace("patch_embed.proj", "embeddings.patch_embeddings.projection")
      .replace(/^norm\./, "layernorm.");
    const found = base!.entries.get(stored);
    if (!found) throw new Error(`${parameter}: no ${stored}`);
    weights.set(parameter, { dtype: "float32", shape, file: dinov2, offset: found.offset });
  }
  await Promise.all(sources.map((source) => source.dispose()));
  return { config, weights };
}

async function outputs(config: ModelConfig, weights: ReadonlyMap<string, StoredTensor>) {
  const { variant } = config;
  const graph = new Graph();
  const { scoreMap, boxes } = lorat(networkInputs(graph, config, 1), config);
  const session = await Session.create({ scoreMap, boxes }, { device: "cpu", weights, lowMemory: true });
  const picture = (side: number, seed: number) =>
    float32(
      Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i * 0.37 + seed)),
      [1, 3, side, side],
    );
  const results = await session.compute({
    template: picture(templateSizePx(variant), 1),
    search: picture(searchSizePx(variant), 2),
    template_mask: float32(new Float32Array(variant.templateGrid ** 2).fill(1, 10, 40), [
      1,
      variant.templateGrid ** 2,
    ]),
  });
  await session.dispose();
  return [results.scoreMap!.data as Float32Array, results.boxes!.data as Float32Array];
}

for (const size of sizes.length > 0 ? sizes : ["b", "l", "g"]) {
  const name = `${size === "g" ? "g" : size.toUpperCase()}-${pixels}`;
  const variant = variantNamed(name);
  const trained = join(folder, `${words[size]}${pixels === "378" ? "-378" : ""}.bin`);
  const dinov2 = join(folder, `dinov2-${words[size]}.safetensors`);
  const own = parametersOf(loraConfig(variant, { rank: 64, targets: allLinearLayers })).filter(
    ({ role }) => role.trains,
  );
  await writeFile(trained, new Map([...stateDictOf(own), ["lora_alpha", []], ["use_rslora", []]]));
  const sha256 = await writeFile(dinov2, huggingFace(dinov2StateDict(variant, 37)));
  const { server, url } = await serve(trained, dinov2, sha256);
  const cache = join(folder, "cache");
  const { seconds, peakMegabytes } = await pull(`lorat-${size}-${pixels}`, cache, url);
  server.close();
  process.env.LORAT_CACHE = cache;
  const model = await loadModel(`lorat-${size}-${pixels}`);
  const merged = await outputs(model.config, model.weights);
  const apart = await direct(name, trained, dinov2);
  const expected = await outputs(apart.config, apart.weights);
  const difference = merged.map((values, i) =>
    values.reduce((most, value, j) => Math.max(most, Math.abs(value - expected[i]![j]!)), 0),
  );
  const spread = expected[0]!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  console.log(
    `${name}: ${((await stat(trained)).size / 1e6).toFixed(0)} + ${((await stat(dinov2)).size / 1e6).toFixed(0)} MB pulled and converted in ${seconds.toFixed(0)} s, ` +
      `peak ${peakMegabytes.toFixed(0)} MB; largest difference ${difference[0]!.toExponential(1)} of logits up to ${spread.toFixed(1)}, ${difference[1]!.toExponential(1)} of boxes`,
  );
  await rm(cache, { recursive: true });
  await Promise.all([trained, dinov2].map((path) => rm(path)));
}
