import { type DType, Graph, reachableNodes, Session, scalar, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { targetNames } from "../graph-names.ts";
import { loraConfig } from "../model/config.ts";
import { initialWeights } from "../model/initialise.ts";
import { parametersIn } from "../model/parameters.ts";
import { createRandom } from "../random.ts";
import { noiseBatch, tinyVariant } from "../testing/training-batch.ts";
import { batchFeeds } from "./batch.ts";
import { trainingStep } from "./step.ts";

const model = loraConfig(tinyVariant, { rank: 4 });

async function results(mixed: boolean, scale = 1): Promise<Record<string, Tensor>> {
  const { graph, outputs, trainable } = trainingStep(model, 2, { mixed });
  const weights = initialWeights(parametersIn(graph), createRandom(1)) as Map<string, Tensor>;
  const session = await Session.create(outputs, {
    device: "cpu",
    threads: 1,
    weights,
    fed: new Set(trainable.map(({ name }) => name)),
  });
  const parameters = Object.fromEntries(trainable.map(({ name }) => [name, weights.get(name)!]));
  const feeds = { ...batchFeeds(noiseBatch(tinyVariant, 2, 5), { model }), ...parameters };
  const out = await session.compute({ ...feeds, ...(mixed && { [targetNames.lossScale]: scalar(scale) }) });
  await session.dispose();
  return out;
}

describe("mixed precision", () => {
  it("multiplies in half, normalises and sums in single, and gives single gradients", () => {
    const { outputs } = trainingStep(model, 2, { mixed: true });
    const types = new Map<string, Set<DType>>();
    for (const node of reachableNodes(Object.values(outputs))) {
      const known = types.get(node.operator.type) ?? new Set();
      types.set(node.operator.type, known.add(node.inputs[0]!.dtype));
    }
    expect(types.get("MatMul")).toEqual(new Set(["float16"]));
    for (const type of ["LayerNormalization", "Softmax", "ReduceSum", "ReduceMean", "Log", "Sqrt", "Div"]) {
      expect(types.get(type) ?? new Set(["float32"]), type).toEqual(new Set(["float32"]));
    }
    for (const [name, { dtype }] of Object.entries(outputs)) expect(dtype, name).toBe("float32");
  });

  it("keeps the residual stream and the loss in single precision", () => {
    const { losses, outputs } = trainingStep(model, 2, { mixed: true });
    expect(losses.total.graph).toBeInstanceOf(Graph);
    const exponentials = reachableNodes([outputs.loss!]).filter(({ operator }) => operator.type === "Abs");
    expect(exponentials.length).toBe(1);
    expect(exponentials[0]!.inputs[0]!.dtype).toBe("float32");
    // What each block's second half adds to the stream.
    const sums = reachableNodes([outputs.score_map!]).filter(({ operator }) => operator.type === "Add");
    const stream = sums
      .map(({ outputs: [sum] }) => sum!)
      .filter(({ shape, dtype }) => dtype === "float32" && shape.length === 3);
    expect(stream.length).toBeGreaterThanOrEqual(2 * tinyVariant.depth);
  });

  it("gives the losses and gradients of single precision to half's rounding, whatever the loss scale", async () => {
    const exact = await results(false);
    for (const scale of [16384, 65536]) {
      const mixed = await results(true, scale);
      expect(Math.abs(Number(mixed.loss!.data[0]) / Number(exact.loss!.data[0]) - 1)).toBeLessThan(2e-3);
      for (const [name, tensor] of Object.entries(exact)) {
        if (!name.startsWith("gradient/")) continue;
        const mine = mixed[name]!.data as Float32Array;
        const theirs = tensor.data as Float32Array;
        let difference = 0;
        let size = 0;
        theirs.forEach((value, i) => {
          difference += (mine[i]! / scale - value) ** 2;
          size += value ** 2;
        });
        expect(Math.sqrt(difference / size), `${name} at scale ${scale}`).toBeLessThan(0.025);
      }
    }
  });
});
