import { open } from "node:fs/promises";
import type { Model } from "@lorat/core";
import { lorat, networkInputs } from "@lorat/core/model";
import {
  bytesOf,
  cost,
  float32,
  Graph,
  type Placement,
  Session,
  serialise,
  sizeOf,
  storedBytes,
} from "@lorat/graph";
import { pixels } from "../../timing.ts";
import { type Contender, timed } from "../contender.ts";
import type { BenchContext } from "../context.ts";

/**
 * ONNX Runtime by itself on the plainest export: the whole network in one file, as `lorat runs export` writes it, run with ONNX
 * Runtime's own settings and none of this project's rewrites for a device. Weights up to 1.9 GB.
 */
export async function plainOnnxRuntime(model: Model, context: BenchContext): Promise<Contender> {
  const { device, threads, roundMs } = context;
  const inputs = networkInputs(new Graph(), model.config, 1);
  const { scoreMap, boxes } = lorat(inputs, model.config);
  const data = await readWeights(model);
  const place = ({ name }: { readonly name: string }): Placement => {
    const { dtype } = model.weights.get(name)!;
    return { kind: "embedded", dtype, data: data.get(name)! };
  };
  const { bytes } = serialise({ score_map: scoreMap, boxes }, place);
  const session = await Session.fromModel(bytes, { device, threads });
  const feeds = Object.fromEntries(
    Object.values(inputs).map(({ name, shape }) => [name, float32(pixels(sizeOf(shape)), shape)]),
  );
  return timed(
    {
      name: "ONNX Runtime on the plain export",
      tags: { variant: model.name, precision: "fp32", batch: 1, peer: "onnxruntime" },
      unit: "frame",
      items: 1,
      flops: 2 * cost([scoreMap, boxes]).macs,
      run: () => session.compute(feeds),
      dispose: () => session.dispose(),
    },
    roundMs,
  );
}

async function readWeights({ weights }: Model): Promise<Map<string, Uint8Array>> {
  const data = new Map<string, Uint8Array>();
  for (const [name, tensor] of weights) {
    if (!("file" in tensor)) {
      data.set(name, bytesOf(tensor));
      continue;
    }
    const bytes = new Uint8Array(storedBytes(tensor));
    const file = await open(tensor.file);
    await file.read(bytes, 0, bytes.length, tensor.offset).finally(() => file.close());
    data.set(name, bytes);
  }
  return data;
}
