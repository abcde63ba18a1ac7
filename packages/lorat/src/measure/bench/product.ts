import { createRandom } from "@lorat/core/training";
import { float32, Graph, matmul, Session } from "@lorat/graph";
import { type Contender, timed } from "./contender.ts";
import type { BenchContext } from "./context.ts";

/** Name of {@link productContender} in every suite. */
export const PRODUCT = "matrix product";

/** One feed-forward layer of a B network at 320 tokens. */
const [rows, inner, columns] = [320, 768, 3072];

/** One large float32 product by a constant weight: what the engine can do here at most, the roof of the others. */
export async function productContender({ device, threads, roundMs }: BenchContext): Promise<Contender> {
  const random = createRandom(3);
  const noise = (count: number) => Float32Array.from({ length: count }, () => random.normal(0, 0.02));
  const graph = new Graph();
  const y = matmul(graph.input("x", [rows, inner]), graph.parameter("weight", [inner, columns]));
  const weights = new Map([["weight", float32(noise(inner * columns), [inner, columns])]]);
  const session = await Session.create({ y }, { device, weights, threads });
  const x = float32(noise(rows * inner), [rows, inner]);
  return timed(
    {
      name: PRODUCT,
      tags: { rows, inner, columns },
      unit: "product",
      items: 1,
      flops: 2 * rows * inner * columns,
      run: () => session.compute({ x }),
      dispose: () => session.dispose(),
    },
    roundMs,
  );
}
