import { join } from "node:path";
import { loraConfig, type Variant, variantNamed } from "@lorat/core/model";
import { trainingStep } from "@lorat/core/training";
import { cost } from "@lorat/graph";
import type { TrainingJob } from "../../child/job.ts";
import { runChild } from "../../child/run-child.ts";
import { openTraining } from "../../child/training.ts";
import { stepShapes } from "../../profile/profile.ts";
import { weightsFileBytes, writeRandomWeights } from "../../random-weights.ts";
import { type Contender, timed } from "../contender.ts";
import type { BenchContext } from "../context.ts";
import { benchModel, networkContender } from "../models.ts";
import { torchPeer } from "../peers/torch.ts";
import { PRODUCT, productContender } from "../product.ts";
import type { Memory } from "../result.ts";
import type { RatioWish, Suite } from "../suite.ts";

/** Pairs of one step. */
const batch = 2;

/** LoRA training steps with optimiser (rank 64, specification section 3.6) beside a forward pass, and a process's peak memory. */
export async function* stepSuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  for (const variant of context.variants) yield await stepSuite(variant, context);
}

async function stepSuite(variant: Variant, context: BenchContext): Promise<Suite> {
  const config = loraConfig(variant);
  const { all } = stepShapes(config, batch);
  context.onStage(`weights of ${variant.name} with adapters`);
  const path = join(context.folder, `${variant.name}-lora.bin`);
  const { tensors } = await writeRandomWeights(path, all);
  const { device, threads } = context;
  const job: TrainingJob = {
    kind: "training",
    side: "lora",
    variant: variant.name,
    batch,
    steps: 3,
    device,
    weights: [...tensors],
    threads,
  };
  context.onStage(`peak memory of a LoRA step of ${variant.name}`);
  const { peakBytes } = await runChild(job, { signal: context.signal });
  const memory: Memory = {
    label: `${variant.name} LoRA step, batch ${batch}: the whole process`,
    bytes: { peak: peakBytes, weights: weightsFileBytes(all) },
  };
  const forward = await networkContender(await benchModel(variant, context), "fp32", 1, context, {
    name: "forward, batch 1",
  });
  const step = await stepContender(job, context);
  const contenders = [await productContender(context), forward, step];
  const ratios: RatioWish[] = [
    { label: "LoRA step a pair, in forward passes", of: step.name, to: forward.name, per: "item" },
    { label: "share of the matrix product's rate, step", of: PRODUCT, to: step.name, per: "flop" },
  ];
  const torch = await torchPeer({ kind: "step", variant: variant.name, batch }, context);
  if (torch.contender) {
    contenders.push(torch.contender);
    ratios.push({
      label: `step faster than ${torch.contender.name}`,
      of: torch.contender.name,
      to: step.name,
    });
  }
  return { title: variant.name, contenders, ratios, memory: [memory], notes: torch.notes };
}

async function stepContender(job: TrainingJob, { roundMs, onStage }: BenchContext): Promise<Contender> {
  onStage(`LoRA step of ${job.variant}`);
  const { engine, batch: pairs } = await openTraining({ ...job, steps: 10_000 });
  const { outputs } = trainingStep(loraConfig(variantNamed(job.variant)), job.batch);
  return timed(
    {
      name: `LoRA step, batch ${job.batch}`,
      tags: { variant: job.variant, precision: "fp32", batch: job.batch },
      unit: "pair",
      items: job.batch,
      flops: 2 * cost(Object.values(outputs)).macs,
      run: async () => {
        await engine.accumulate(pairs);
        await engine.update();
      },
      dispose: () => engine.dispose(),
    },
    roundMs,
  );
}
