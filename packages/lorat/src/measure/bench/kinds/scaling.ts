import { variantNamed } from "@lorat/core/model";
import type { Contender } from "../contender.ts";
import type { BenchContext } from "../context.ts";
import { benchModel, networkContender } from "../models.ts";
import type { Suite } from "../suite.ts";

const targets = [1, 2, 4, 6, 8];
/** Search cells a side; 27 of 14 pixels are the 378 pixels of the largest networks. */
const searchGrids = [8, 13, 18, 22, 27];

/** How the network's cost grows with the targets, and with the search tokens, with lines fitted through both. */
export async function* scalingSuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  for (const { name } of context.variants) {
    yield await inTargets(name, context);
    yield await inTokens(name, context);
  }
}

async function inTargets(variantName: string, context: BenchContext): Promise<Suite> {
  const model = await benchModel(variantNamed(variantName), context);
  const points: { readonly at: number; readonly contender: Contender }[] = [];
  for (const at of context.quick ? targets.slice(0, 3) : targets) {
    const name = `${at} ${at === 1 ? "target" : "targets"}`;
    points.push({
      at,
      contender: await networkContender(model, context.precisions[0]!, at, context, { name }),
    });
  }
  return fitted(`${variantName} by targets`, "targets", points);
}

async function inTokens(variantName: string, context: BenchContext): Promise<Suite> {
  const points: { readonly at: number; readonly contender: Contender }[] = [];
  for (const searchGrid of context.quick ? searchGrids.slice(0, 3) : searchGrids) {
    const variant = { ...variantNamed(variantName), name: `${variantName}, grid ${searchGrid}`, searchGrid };
    const model = await benchModel(variant, context);
    const name = `${searchGrid}x${searchGrid} search tokens`;
    const contender = await networkContender(model, context.precisions[0]!, 1, context, { name });
    points.push({ at: searchGrid ** 2, contender });
  }
  return fitted(`${variantName} by search tokens`, "search tokens", points);
}

function fitted(
  title: string,
  xUnit: string,
  points: readonly { readonly at: number; readonly contender: Contender }[],
): Suite {
  return {
    title,
    contenders: points.map(({ contender }) => contender),
    fits: [
      {
        label: `a run by ${xUnit}`,
        xUnit,
        points: points.map(({ at, contender }) => ({ at, of: contender.name })),
      },
    ],
  };
}
