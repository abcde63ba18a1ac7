import type { Model } from "@lorat/core";
import type { Variant } from "@lorat/core/model";
import { storedBytes } from "@lorat/graph";
import type { Contender } from "../contender.ts";
import type { BenchContext } from "../context.ts";
import { benchModel, networkContender } from "../models.ts";
import { plainOnnxRuntime } from "../peers/onnxruntime.ts";
import { type TorchPeer, torchPeer } from "../peers/torch.ts";
import { PRODUCT, productContender } from "../product.ts";
import type { RatioWish, Suite } from "../suite.ts";

/** The network alone, by variant, precision and batch, beside the matrix product and, in float32, beside others' engines. */
export async function* networkSuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  for (const variant of context.variants) yield await networkSuite(variant, context);
}

async function networkSuite(variant: Variant, context: BenchContext): Promise<Suite> {
  const { precisions, batches } = context;
  const model = await benchModel(variant, context);
  const contenders: Contender[] = [await productContender(context)];
  for (const precision of precisions) {
    for (const batch of batches) {
      const name = named(precision, batch);
      contenders.push(await networkContender(model, precision, batch, context, { name }));
    }
  }
  const first = named(precisions[0]!, batches[0]!);
  const ratios = comparisons(precisions, batches);
  if (first === "fp32" && weightBytes(model) <= largestPlainBytes) {
    const plain = await plainOnnxRuntime(model, context);
    contenders.push(plain);
    ratios.push({ label: `faster than ${plain.name}`, of: plain.name, to: first });
  }
  const torch = await torchPeer({ kind: "network", variant: variant.name, batch: batches[0]! }, context);
  addTorch(torch, contenders, ratios, first);
  return { title: variant.name, contenders, ratios, notes: torch.notes };
}

function named(precision: string, batch: number): string {
  return batch === 1 ? precision : `${precision}, batch ${batch}`;
}

/** Everything beside the product, precisions beside the first one, batches beside the first one. */
function comparisons(precisions: readonly string[], batches: readonly number[]): RatioWish[] {
  const all = precisions.flatMap((precision) => batches.map((batch) => ({ precision, batch })));
  return all.flatMap(({ precision, batch }): RatioWish[] => {
    const name = named(precision, batch);
    const [plain, single] = [named(precisions[0]!, batch), named(precision, batches[0]!)];
    const ratios: RatioWish[] = [
      { label: `share of the matrix product's rate, ${name}`, of: PRODUCT, to: name, per: "flop" },
    ];
    if (name !== plain) {
      ratios.push({ label: `${name} is so many times faster than ${plain}`, of: plain, to: name });
    }
    if (name !== single) {
      const label = `a frame in ${name} is so many times faster than in ${single}`;
      ratios.push({ label, of: single, to: name, per: "item" });
    }
    return ratios;
  });
}

/** A file of ONNX ends at 2 GB. */
const largestPlainBytes = 1.9 * 2 ** 30;

function weightBytes({ weights }: Model): number {
  return [...weights.values()].reduce((sum, tensor) => sum + storedBytes(tensor), 0);
}

function addTorch(torch: TorchPeer, contenders: Contender[], ratios: RatioWish[], ours: string): void {
  if (!torch.contender) return;
  contenders.push(torch.contender);
  ratios.push({ label: `faster than ${torch.contender.name}`, of: torch.contender.name, to: ours });
}
