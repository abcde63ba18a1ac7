import { LoratError } from "@lorat/graph";
import type { Fold, Parameter } from "../model/parameters.ts";
import { elementCount } from "./dtype.ts";
import { type MatMul, matmulRows } from "./matmul-rows.ts";
import { formatShape, type TensorFile } from "./tensor-file.ts";

/** Rows of a merged tensor that come from one place. */
interface MergePart {
  readonly file: TensorFile;
  readonly name: string;
  /** First row in that tensor, and how many. */
  readonly row: number;
  readonly rows: number;
  readonly fold?: Fold & { readonly scaling: number };
}

/** A tensor of the model for inference and the parts that are stacked into it. */
export interface MergedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly MergePart[];
  readonly trained: TensorFile;
}

/**
 * Plans how the parameters of a model in training become tensors for inference, as their roles say: adapters folded into their
 * linear layers, q, k and v stacked, all else copied. `trained` is laid over `base` (absent when `trained` holds everything): its
 * own weights win over the base's. Scaling per layer: its own alpha entry, else the file's `lora_alpha` and
 * `use_rslora`, else 1 (specification section 2.3). Throws `WEIGHTS_NAMES` where neither file has a tensor.
 */
export async function planMerge(
  parameters: Iterable<Pick<Parameter, "name" | "shape" | "role">>,
  trained: TensorFile,
  base?: TensorFile,
): Promise<MergedTensor[]> {
  const scalingOf = await scalings(trained);
  const plan = new Map<string, { shape: readonly number[]; parts: MergePart[] }>();
  for (const { name, shape, role } of parameters) {
    const { merged, fold } = role;
    if (!merged) continue;
    const known = plan.get(merged.name);
    const parts = known?.parts ?? [];
    if (!known)
      plan.set(merged.name, { shape: shape.length > 0 ? [merged.of, ...shape.slice(1)] : [], parts });
    const isFolded = fold && [...fold.whole, ...fold.byRow].some((one) => trained.entries.has(one));
    parts.push({
      ...locate(name, merged, trained, base),
      rows: shape[0] ?? 1,
      fold: isFolded ? { ...fold, scaling: await scalingOf(fold.place, fold.rank) } : undefined,
    });
  }
  return Array.from(plan, ([name, tensor]) => ({ name, ...tensor, trained }));
}

/** What {@link mergedBlocks} takes. */
export interface MergeOptions {
  /** The product to use, for example a session's; plain JavaScript by default. */
  readonly matmul?: MatMul;
  /** Elements in memory at once, so that it stays bounded whatever a tensor's size; 1 Mi by default. */
  readonly blockElements?: number;
}

/**
 * Computes a planned tensor block of rows by block of rows, in float32.
 * Every block is a new array in row-major order.
 */
export async function* mergedBlocks(
  tensor: MergedTensor,
  options: MergeOptions = {},
): AsyncGenerator<Float32Array> {
  const { matmul = matmulRows, blockElements = 2 ** 20 } = options;
  const width = elementCount(tensor.shape.slice(1));
  for (const { file, name, row, rows, fold } of tensor.parts) {
    const { trained } = tensor;
    const whole = await Promise.all((fold?.whole ?? []).map((one) => trained.float32(one)));
    const step = Math.max(1, Math.floor(blockElements / Math.max(width, fold?.rank ?? 1)));
    for (let done = 0; done < rows; done += step) {
      const count = Math.min(step, rows - done);
      const from = (row + done) * width;
      const own = (await file.float32(name, from, from + count * width)).slice(); // [count, width]
      if (fold) {
        const rowsOf = async (one: string) => {
          const across = elementCount(trained.entries.get(one)!.shape.slice(1));
          return trained.float32(one, done * across, (done + count) * across); // [count, across]
        };
        const byRow = await Promise.all(fold.byRow.map(rowsOf));
        await fold.apply({ own, rows: count, width, whole, byRow, scaling: fold.scaling, matmul });
      }
      yield own;
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

/** Where a parameter's rows come from: the trained file under their own or their merged name, else the base. */
function locate(
  name: string,
  merged: { readonly name: string; readonly row: number },
  trained: TensorFile,
  base: TensorFile | undefined,
) {
  if (trained.entries.has(name)) return { file: trained, name, row: name === merged.name ? merged.row : 0 };
  if (trained.entries.has(merged.name)) return { file: trained, ...merged };
  if (base?.entries.has(merged.name)) return { file: base, ...merged };
  throw new LoratError("WEIGHTS_NAMES", `no file holds ${merged.name}, nor what it is merged from`);
}

/** The factor on the change of an adapter at a place, as its file notes it. */
async function scalings(trained: TensorFile): Promise<(place: string, rank: number) => Promise<number>> {
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
  return async (place, rank) => {
    const alpha = (await scalar(`${place}.alpha`)) ?? rootAlpha;
    return alpha === undefined ? 1 : alpha / (rankStabilised ? Math.sqrt(rank) : rank);
  };
}
