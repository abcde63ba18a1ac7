import { atPrecision, lorat, mergedConfig, networkInputs, variantNamed } from "@lorat/core/model";
import { type Feeds, float32, Graph, resolveDevice, Session, sizeOf } from "@lorat/graph";
import { peakMemory } from "../memory.ts";
import { pixels, timeOf } from "../timing.ts";
import type { ForwardJob, ProfileFigures, RunProgress } from "./job.ts";

/** Untimed and timed runs (specification section 6). */
const loops = { cpu: { warmUps: 1, timed: 5 }, accelerator: { warmUps: 10, timed: 100 } } as const;

/** Times the merged network alone at batch 1: no decoding, no cropping, no post-processing (specification section 6). */
export async function measureForward(job: ForwardJob, onRun: RunProgress): Promise<ProfileFigures> {
  const device = await resolveDevice(job.device);
  const { warmUps, timed } = loops[device === "cpu" || device === "wasm" ? "cpu" : "accelerator"];
  const runs = job.repeat ?? timed;
  const config = mergedConfig(variantNamed(job.variant));
  const inputs = networkInputs(new Graph(), config, 1);
  const { scoreMap, boxes } = lorat(inputs, config);
  const make = await atPrecision(new Map(job.weights), { precision: job.precision, device });
  const { outputs, weights } = await make({ score_map: scoreMap, boxes });
  const session = await Session.create(outputs, {
    device,
    weights,
    threads: job.threads,
  });
  const feeds: Feeds = Object.fromEntries(
    Object.values(inputs).map(({ name, shape }) => [name, float32(pixels(sizeOf(shape)), shape)]),
  );
  const ms: number[] = [];
  const cpuMs: number[] = [];
  let startSeconds = 0;
  for (let i = 0; i < warmUps + runs; i++) {
    // The outputs are in JavaScript memory when it resolves, on every device.
    const sample = await timeOf(() => session.compute(feeds));
    if (i >= warmUps) {
      ms.push(sample.ms);
      cpuMs.push(sample.cpuMs);
    }
    if (i === 0) startSeconds = process.uptime();
    onRun(i + 1, warmUps + runs);
  }
  const peakBytes = peakMemory();
  await session.dispose();
  return { device, ms, cpuMs, peakBytes, startSeconds };
}
