import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loraConfig, mergedConfig, parametersOf, variantNamed } from "@lorat/core/model";
import { dinov2StateDict, encodeSafetensors, stateDictOf } from "@lorat/core/weights";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { filled, tinyVariant } from "../../testing/model-weights.ts";
import { fileAnswer, type Host, openHost, pageAnswer, redirectAnswer } from "../../testing/weights-host.ts";
import { loadModel } from "../../trackers/model/load-tracker.ts";
import { pull } from "./pull.ts";

const nano = variantNamed("nano-patch");
const merged = Buffer.from(await encodeSafetensors(filled(stateDictOf(parametersOf(mergedConfig(nano))))));
const dinov2 = Buffer.from(await encodeSafetensors(filled(dinov2StateDict(tinyVariant, 5))));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const root = await mkdtemp(join(tmpdir(), "lorat-pull-"));
afterAll(() => rm(root, { recursive: true, force: true }));
let host: Host;
let env: NodeJS.ProcessEnv;
let home = "";
let made = 0;
beforeEach(async () => {
  host = await openHost();
  home = join(root, String(made++));
  await mkdir(home);
  env = {
    LORAT_CACHE: join(home, "cache"),
    LORAT_MIRROR: `${host.url}/mirror`,
    HF_ENDPOINT: `${host.url}/hf`,
    HF_HOME: join(home, "hf"),
    TORCH_HOME: join(home, "torch"),
  };
});
afterEach(() => host.close());

const put = async (path: string, bytes: Uint8Array | string) => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
};
const drive = "/mirror/drive.usercontent.google.com/download";
const official = "/mirror/dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth";
const hub = "/hf/facebook/dinov2-small/resolve/main/model.safetensors";

describe("pull of an address or a file", () => {
  it("makes a model that commands take by its name, once", async () => {
    host.routes.set("/some/Mine.bin", fileAnswer(merged));
    const options = { env, pauseMs: 1 };
    const pulled = await pull(`${host.url}/some/Mine.bin?download=true`, options);
    expect(pulled).toMatchObject({
      kind: "model",
      name: "mine",
      path: join(home, "cache", "models", "mine"),
    });
    process.env.LORAT_CACHE = env.LORAT_CACHE;
    try {
      expect((await loadModel("mine")).name).toBe("nano-patch");
    } finally {
      delete process.env.LORAT_CACHE;
    }
    const manifest = JSON.parse(await readFile(join(pulled.path, "model.json"), "utf8"));
    expect(manifest.weights).toEqual({
      bytes: (await readFile(join(pulled.path, "weights.safetensors"))).length,
      sha256: sha256(await readFile(join(pulled.path, "weights.safetensors"))),
    });
    await pull(`${host.url}/some/Mine.bin?download=true`, { ...options, offline: true });
    expect(host.asked).toHaveLength(1);
    // The same model again in another precision takes its place; other weights do not.
    await pull(`${host.url}/some/Mine.bin?download=true`, { ...options, precision: "fp16" });
    expect(JSON.parse(await readFile(join(pulled.path, "model.json"), "utf8")).precision).toBe("fp16");
    const other = await put(
      join(home, "mine.bin"),
      await encodeSafetensors(filled(stateDictOf(parametersOf(mergedConfig(nano))), "F16")),
    );
    await expect(pull(other, options)).rejects.toMatchObject({ code: "PULL_NAME_TAKEN" });
    expect(await pull(other, { ...options, outDir: join(home, "own") })).toMatchObject({
      name: join(home, "own"),
    });
    await pull(other, { ...options, force: true });
  });

  it("names one of nano's that would hide behind the bundled one by its path", async () => {
    const file = await put(join(home, "nano.bin"), merged);
    const { name, path } = await pull(file, { env });
    expect(name).toBe(path);
  });

  it.each([
    ["PULL_UNKNOWN", "lorat-b-24", /Did you mean lorat-b-224\?/],
    ["DOWNLOAD_ADDRESS", "https://", /begin with/],
  ])("refuses %s %s", async (code, what, hint) => {
    await expect(pull(what, { env })).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
    expect(host.asked).toEqual([]);
  });

  it("demands the variant where neither weights nor name tell, and takes it from the name", async () => {
    const b = variantNamed("B-224");
    const tensors = parametersOf(
      loraConfig(b, { rank: 1, targets: { q: true, k: true, v: true, proj: true, mlp: true } }),
    );
    const trained = await encodeSafetensors(filled(stateDictOf(tensors.filter(({ role }) => role.trains))));
    const base = await put(join(home, "cache", "files", "dinov2_vitb14_pretrain.safetensors"), "");
    await sparseDinov2(base);
    const open = await put(join(home, "mine.bin"), trained);
    await expect(pull(open, { env })).rejects.toMatchObject({
      code: "WEIGHTS_VARIANT_OPEN",
      message: expect.stringContaining("fits B-224 and B-378"),
    });
    const named = await put(join(home, "base-378.bin"), trained);
    const pulled = await pull(named, { env, precision: "fp16" });
    expect(pulled.name).toBe("lorat-b-378");
    const { variant } = JSON.parse(await readFile(join(pulled.path, "model.json"), "utf8"));
    expect(variant).toMatchObject({ name: "B-378", searchGrid: 27, searchAreaFactor: 5 });
    expect(host.asked).toEqual([]);
  }, 240_000);
});

/** DINOv2-B full of zeros that take no room, as Hugging Face names it. */
async function sparseDinov2(path: string): Promise<void> {
  const header: Record<string, object> = {};
  let at = 0;
  const add = (name: string, shape: readonly number[]) => {
    const bytes = shape.reduce((a, b) => a * b, 4);
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + bytes] };
    at += bytes;
  };
  for (const [name, shape] of dinov2StateDict(variantNamed("B-224"), 37)) {
    const layer = name.replace(/^blocks\.(\d+)\./, "encoder.layer.$1.");
    if (name.includes("attn.qkv")) {
      for (const part of ["query", "key", "value"]) {
        add(layer.replace("attn.qkv", `attention.attention.${part}`), [shape[0]! / 3, ...shape.slice(1)]);
      }
      continue;
    }
    const outside: Record<string, string> = {
      cls_token: "cls_token",
      mask_token: "mask_token",
      pos_embed: "position_embeddings",
    };
    if (outside[name]) add(`embeddings.${outside[name]}`, shape);
    else {
      add(
        layer
          .replace("attn.proj", "attention.output.dense")
          .replace(/ls(\d)\.gamma/, "layer_scale$1.lambda1")
          .replace("patch_embed.proj", "embeddings.patch_embeddings.projection")
          .replace(/^norm\./, "layernorm."),
        shape,
      );
    }
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([length, json]));
  await truncate(path, 8 + json.length + at);
}

describe("pull of what is published", () => {
  it("takes DINOv2 from another host where the first fails, with the token and checksum of that host", async () => {
    const notes: string[] = [];
    host.routes.set(
      hub,
      redirectAnswer("/cdn/x", {
        "x-linked-etag": `"${sha256(dinov2)}"`,
        "x-linked-size": `${dinov2.length}`,
      }),
    );
    host.routes.set("/cdn/x", fileAnswer(dinov2));
    const options = {
      env: { ...env, HF_TOKEN: "t" },
      pauseMs: 1,
      onNote: (text: string) => notes.push(text),
    };
    const { path, kind } = await pull("dinov2-s", options);
    expect(kind).toBe("weights");
    expect(path).toBe(join(home, "cache", "files", "dinov2_vits14_pretrain.safetensors"));
    expect(await readFile(path)).toEqual(dinov2);
    expect(notes).toEqual([expect.stringMatching(/answered 404: .*; trying 127\.0\.0\.1/)]);
    expect(host.asked.map(({ path: asked }) => asked)).toEqual([official, hub, "/cdn/x"]);
    expect(host.asked[1]!.authorization).toBe("Bearer t");
    // Offline afterwards.
    expect((await pull("dinov2_vits14", { env: { ...env, HF_HUB_OFFLINE: "1" } })).path).toBe(path);
    expect(host.asked).toHaveLength(3);
  });

  it("refuses a file that is not the published one, with what to do by hand", async () => {
    host.routes.set(official, fileAnswer(dinov2));
    await expect(pull("dinov2-s", { env, pauseMs: 1 })).rejects.toMatchObject({
      code: "DOWNLOAD_LENGTH",
      message: expect.stringContaining("it should have 88283115"),
      hint: expect.stringMatching(
        /dinov2_vits14_pretrain\.pth in a browser from https:.* put it at .*cache.files/,
      ),
    });
    expect(await readdir(join(home, "cache", "files"))).toEqual([]);
  });

  it("uses what Hugging Face's tools have fetched, and contacts nobody", async () => {
    const repository = join(home, "hf", "hub", "models--timm--vit_small_patch14_dinov2.lvd142m");
    const blob = await put(join(repository, "blobs", sha256(dinov2)), dinov2);
    await put(join(repository, "refs", "main"), "abc\n");
    await mkdir(join(repository, "snapshots", "abc"), { recursive: true });
    const file = join(repository, "snapshots", "abc", "model.safetensors");
    await symlink(blob, file);
    expect((await pull("dinov2-s", { env, offline: true })).path).toBe(file);
    // A damaged one is passed over, aloud.
    await writeFile(blob, "damaged");
    const notes: string[] = [];
    await expect(
      pull("dinov2-s", { env, offline: true, onNote: (text) => notes.push(text) }),
    ).rejects.toMatchObject({
      code: "DOWNLOAD_OFFLINE",
      message: expect.stringContaining("--offline was given"),
    });
    expect(notes).toEqual([expect.stringMatching(/is not used: its checksum/)]);
    expect(host.asked).toEqual([]);
  });

  it("looks at torch's hub folder, and passes over a damaged file there", async () => {
    const file = join(home, "torch", "hub", "checkpoints", "dinov2_vits14_pretrain.pth");
    await put(file, "half");
    const notes: string[] = [];
    await expect(
      pull("dinov2-s", { env: { ...env, HF_HUB_OFFLINE: "1" }, onNote: (text) => notes.push(text) }),
    ).rejects.toMatchObject({
      code: "DOWNLOAD_OFFLINE",
      message: expect.stringContaining("HF_HUB_OFFLINE is set"),
    });
    expect(notes).toEqual([`${file} is not used: it has 4 bytes, it should have 88283115`]);
    // Of ViT-g the checksum alone is known, so one that is given can stand in for it.
    const own = await put(join(dirname(file), "dinov2_vitg14_pretrain.pth"), dinov2);
    const options = { env, offline: true, sha256: sha256(dinov2) };
    expect((await pull("dinov2-g", options)).path).toBe(own);
  });

  it("says which of LoRAT's files to fetch by hand, and where to put it", async () => {
    host.routes.set(drive, pageAnswer("Sorry, you can't view or download this file: quota exceeded"));
    const own = join(home, "cache", "files", "large-378.bin");
    await expect(pull("lorat-l-378", { env, pauseMs: 1 })).rejects.toMatchObject({
      code: "DOWNLOAD_PAGE",
      hint: expect.stringMatching(
        /^Fetch large-378\.bin in a browser from https:\/\/drive\.google\.com\/drive\/folders/,
      ),
    });
    expect(host.asked[0]!.path).toContain("id=1HAxSkvMeQwS-rjRY-Va6GhLEKqqMSLA2");
    await put(own, "half a file");
    await expect(pull("L-378", { env })).rejects.toMatchObject({
      code: "DOWNLOAD_CHECKSUM",
      message: expect.stringContaining("its tensors alone should have 130072596"),
    });
  });
});
