import type { TensorEntry, TensorFile } from "./tensor-file.ts";

const HF_ANCHOR = /^(.*?)embeddings\.patch_embeddings\.projection\.weight$/;
const QKV = ["query", "key", "value"] as const;

/** Hugging Face's names of what stands outside of the blocks, and inside of one. */
const HF_OUTSIDE: readonly (readonly [hf: string, own: string])[] = [
  ["embeddings.cls_token", "cls_token"],
  ["embeddings.mask_token", "mask_token"],
  ["embeddings.register_tokens", "register_tokens"],
  ["embeddings.position_embeddings", "pos_embed"],
  ["embeddings.patch_embeddings.projection", "patch_embed.proj"],
  ["layernorm", "norm"],
];
const HF_BLOCK: readonly (readonly [hf: string, own: string])[] = [
  ["norm1", "norm1"],
  ["norm2", "norm2"],
  ["attention.output.dense", "attn.proj"],
  ["layer_scale1.lambda1", "ls1.gamma"],
  ["layer_scale2.lambda1", "ls2.gamma"],
  ["mlp.fc1", "mlp.fc1"],
  ["mlp.fc2", "mlp.fc2"],
  ["mlp.weights_in", "mlp.w12"],
  ["mlp.weights_out", "mlp.w3"],
];

/**
 * The same file under the names of DINOv2's authors, where it has Hugging Face's (query, key and value apart) or timm's (`mlp.fc1`
 * and `fc2` for the halves of ViT-g's SwiGLU, `reg_token`). The file itself where it has neither; tensors that are not DINOv2's
 * keep their names.
 */
export function withAuthorsNames(file: TensorFile): TensorFile {
  const prefix = [...file.entries.keys()].flatMap((name) => HF_ANCHOR.exec(name)?.[1] ?? [])[0];
  if (prefix !== undefined) return stackedFile(file, huggingFaceParts(file, prefix));
  const parts = timmParts(file);
  return parts ? stackedFile(file, parts) : file;
}

/** For each tensor the stored ones that are stacked into it, first rows first. */
type Parts = ReadonlyMap<string, readonly string[]>;

function huggingFaceParts(file: TensorFile, prefix: string): Parts {
  const parts = new Map<string, string[]>();
  for (const stored of file.entries.keys()) {
    const name = stored.startsWith(prefix) ? stored.slice(prefix.length) : stored;
    const [, block, inner] = /^encoder\.layer\.(\d+)\.(.*)$/.exec(name) ?? [];
    const [, which, kind] =
      /^attention\.attention\.(query|key|value)\.(weight|bias)$/.exec(inner ?? "") ?? [];
    if (which) {
      const own = `blocks.${block}.attn.qkv.${kind}`;
      const stack = parts.get(own) ?? [];
      stack[QKV.indexOf(which as (typeof QKV)[number])] = stored;
      parts.set(own, stack);
      continue;
    }
    const own = inner === undefined ? renamed(name, HF_OUTSIDE) : renamed(inner, HF_BLOCK);
    parts.set(own === undefined ? stored : inner === undefined ? own : `blocks.${block}.${own}`, [stored]);
  }
  for (const [name, stack] of parts) {
    if (!name.includes(".attn.qkv.") || canStack(file, stack)) continue;
    // Something is missing or of another shape: it is told by the names that the file has.
    parts.delete(name);
    for (const stored of Object.values(stack)) parts.set(stored, [stored]);
  }
  return parts;
}

function canStack(file: TensorFile, stack: readonly (string | undefined)[]): boolean {
  const [first, ...rest] = stack.map((name) => (name === undefined ? undefined : file.entries.get(name)));
  const alike = (entry: TensorEntry | undefined) =>
    entry?.dtype === first?.dtype && `${entry?.shape}` === `${first?.shape}`;
  return first !== undefined && rest.length === QKV.length - 1 && rest.every(alike);
}

function renamed(name: string, table: readonly (readonly [string, string])[]): string | undefined {
  const found = table.find(([foreign]) => name === foreign || name.startsWith(`${foreign}.`));
  return found && found[1] + name.slice(found[0].length);
}

function timmParts(file: TensorFile): Parts | undefined {
  const [inner] = file.entries.get("blocks.0.mlp.fc1.weight")?.shape ?? [];
  const [, hidden] = file.entries.get("blocks.0.mlp.fc2.weight")?.shape ?? [];
  // Both halves of the gated product are in fc1.
  const gated = inner !== undefined && hidden !== undefined && inner === 2 * hidden;
  if (!gated && !file.entries.has("reg_token")) return undefined;
  const own = (name: string) => {
    if (name === "reg_token") return "register_tokens";
    return gated ? name.replace(/\.mlp\.fc1\./, ".mlp.w12.").replace(/\.mlp\.fc2\./, ".mlp.w3.") : name;
  };
  return new Map([...file.entries.keys()].map((name) => [own(name), [name]]));
}

/** A view of a file under other names; stacked tensors are read out of their parts, range by range. */
function stackedFile(file: TensorFile, parts: Parts): TensorFile {
  const entries = new Map<string, TensorEntry>();
  for (const [name, stack] of parts) {
    const found = stack.map((part) => file.entries.get(part)!);
    const sum = (of: (entry: TensorEntry) => number) => found.reduce((total, entry) => total + of(entry), 0);
    const first = found[0]!;
    const shape =
      found.length === 1 ? first.shape : [sum((entry) => entry.shape[0]!), ...first.shape.slice(1)];
    entries.set(name, { ...first, name, shape, length: sum(({ length }) => length) });
  }
  const elements = (name: string) => file.entries.get(name)!.shape.reduce((a, b) => a * b, 1);
  /** Reads `[begin, end)` of a stack by `read`, part by part. */
  async function stacked<T extends Uint8Array | Float32Array>(
    name: string,
    begin: number | undefined,
    end: number | undefined,
    read: (part: string, begin?: number, end?: number) => Promise<T>,
    join: (pieces: T[]) => T,
  ): Promise<T> {
    const stack = parts.get(name) ?? [name];
    if (stack.length === 1) return read(stack[0]!, begin, end);
    const pieces: T[] = [];
    let at = 0;
    const last = end ?? Number.POSITIVE_INFINITY;
    for (const part of stack) {
      const count = elements(part);
      const [low, high] = [Math.max((begin ?? 0) - at, 0), Math.min(last - at, count)];
      if (low < high) pieces.push(await read(part, low, high));
      at += count;
    }
    return pieces.length === 1 ? pieces[0]! : join(pieces);
  }
  return {
    ...file,
    entries,
    bytes: (name, begin, end) =>
      stacked(name, begin, end, file.bytes, (pieces) => joined(pieces, (length) => new Uint8Array(length))),
    float32: (name, begin, end) =>
      stacked(name, begin, end, file.float32, (pieces) =>
        joined(pieces, (length) => new Float32Array(length)),
      ),
  };
}

function joined<T extends Uint8Array | Float32Array>(pieces: readonly T[], make: (length: number) => T): T {
  const out = make(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
