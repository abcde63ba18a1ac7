import { LoratError } from "@lorat/graph";
import { elementCount } from "./dtype.ts";
import { type MatMul, matmulRows } from "./matmul-rows.ts";
import type { StateDict } from "./state-dict.ts";
import { formatShape, type TensorFile } from "./tensor-file.ts";

/** One adapter: A `[rank, inputs]`, B `[outputs, rank]`, by name in the trained file. */
interface Adapter {
  readonly a: string;
  readonly b: string;
  readonly rank: number;
  readonly scaling: number;
}

/** Rows of a merged tensor that come from one place. */
interface MergePart {
  readonly file: TensorFile;
  readonly name: string;
  /** First row in that tensor, and how many. */
  readonly row: number;
  readonly rows: number;
  readonly adapter?: Adapter;
}

/** A tensor of the model for inference and the parts that are stacked into it. */
export interface MergedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly MergePart[];
  readonly trained: TensorFile;
}

/**
 * Plans how each tensor of `merged` is made from a file of trained tensors laid over `base` (absent when the trained file
 * holds everything): adapters into their linear layers, q, k and v apart and then stacked, all else copied. The trained
 * file's own weights win over the base's. Scaling per layer: its own alpha entry, else the file's `lora_alpha` and
 * `use_rslora`, else 1 (specification section 2.3). Throws `WEIGHTS_NAMES` where neither file has a tensor.
 */
export async function planMerge(
  merged: StateDict,
  trained: TensorFile,
  base?: TensorFile,
): Promise<MergedTensor[]> {
  const scalingOf = await scalings(trained);
  const plan: MergedTensor[] = [];
  for (const [name, shape] of merged) {
    const parts: MergePart[] = [];
    for (const { path, kind, row, rows } of sourceRows(name, shape[0] ?? 1)) {
      const place = locate([`${path}.linear.${kind}`, `${path}.${kind}`], name, row, trained, base);
      const a = trained.entries.get(`${path}.lora.A`);
      if (kind !== "weight" || !a) parts.push({ ...place, rows });
      else {
        const adapter = {
          a: a.name,
          b: `${path}.lora.B`,
          rank: a.shape[0]!,
          scaling: await scalingOf(path, a.shape[0]!),
        };
        parts.push({ ...place, rows, adapter });
      }
    }
    plan.push({ name, shape, parts, trained });
  }
  return plan;
}

/** What {@link mergedBlocks} takes. */
export interface MergeOptions {
  /** The product to use, for example a session's; plain JavaScript by default. */
  readonly matmul?: MatMul;
  /** Elements in memory at once, so that it stays bounded whatever a tensor's size; 1 Mi by default. */
  readonly blockElements?: number;
}

/**
 * Computes a planned tensor block of rows by block of rows: `W' = W + s (B A)` in float32 (specification section 1.6).
 * Every block is a new array in row-major order.
 */
export async function* mergedBlocks(
  tensor: MergedTensor,
  options: MergeOptions = {},
): AsyncGenerator<Float32Array> {
  const { matmul = matmulRows, blockElements = 2 ** 20 } = options;
  const width = elementCount(tensor.shape.slice(1));
  for (const { file, name, row, rows, adapter } of tensor.parts) {
    const a = adapter && (await tensor.trained.float32(adapter.a)); // [rank, width]
    const step = Math.max(1, Math.floor(blockElements / Math.max(width, adapter?.rank ?? 1)));
    for (let done = 0; done < rows; done += step) {
      const count = Math.min(step, rows - done);
      const from = (row + done) * width;
      const block = (await file.float32(name, from, from + count * width)).slice(); // [count, width]
      if (adapter && a) {
        const { rank, scaling } = adapter;
        const b = await tensor.trained.float32(adapter.b, done * rank, (done + count) * rank); // [count, rank]
        const delta = await matmul(b, a, { m: count, k: rank, n: width });
        for (let i = 0; i < block.length; i++) block[i] = block[i]! + Math.fround(delta[i]! * scaling);
      }
      yield block;
    }
  }
}

/** A whole planned tensor in memory; see {@link mergedBlocks}. */
export async function mergedTensor(tensor: MergedTensor, options: MergeOptions = {}): Promise<Float32Array> {
  const out = new Float32Array(elementCount(tensor.shape));
  let at = 0;
  for await (const block of mergedBlocks(tensor, options)) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}

/** The training names behind a merged one: q, k and v for a fused layer, itself for all else. */
function sourceRows(name: string, rows: number) {
  const dot = name.lastIndexOf(".");
  const path = dot === -1 ? name : name.slice(0, dot);
  const kind = dot === -1 ? "" : name.slice(dot + 1);
  if (!path.endsWith(".attn.qkv")) return [{ path, kind, row: 0, rows }];
  const third = rows / 3;
  return ["q", "k", "v"].map((part, i) => ({ path: `${path}.${part}`, kind, row: i * third, rows: third }));
}

/** Where the frozen rows come from: the trained file's split or plain name, its fused name, then the base's. */
function locate(
  split: readonly string[],
  fused: string,
  row: number,
  trained: TensorFile,
  base: TensorFile | undefined,
) {
  const own = split.find((name) => trained.entries.has(name));
  if (own) return { file: trained, name: own, row: own === fused ? row : 0 };
  if (trained.entries.has(fused)) return { file: trained, name: fused, row };
  if (base?.entries.has(fused)) return { file: base, name: fused, row };
  throw new LoratError("WEIGHTS_NAMES", `no file holds ${fused}, nor what it is merged from`);
}

async function scalings(trained: TensorFile): Promise<(path: string, rank: number) => Promise<number>> {
  const scalar = async (name: string) => {
    const entry = trained.entries.get(name);
    if (!entry) return undefined;
    if (entry.shape.length > 0) {
      throw new LoratError("WEIGHTS_SHAPE", `${name} should be a scalar, it is ${formatShape(entry.shape)}`);
    }
    return (await trained.float32(name))[0];
  };
  const rootAlpha = await scalar("lora_alpha");
  const rankStabilised = ((await scalar("use_rslora")) ?? 0) !== 0;
  return async (path, rank) => {
    const alpha = (await scalar(`${path}.lora.alpha`)) ?? rootAlpha;
    return alpha === undefined ? 1 : alpha / (rankStabilised ? Math.sqrt(rank) : rank);
  };
}
