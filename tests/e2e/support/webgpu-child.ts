/** A process on the software device: runs one case, or trains with every tensor on the device. */
import { type Results, runCase } from "./cases.ts";
import { answerParent } from "./child.ts";
import { deviceCases, residentModel, trackedModel } from "./device-cases.ts";
import { trainByEngine } from "./engine-training.ts";
import { trainAWhile } from "./resident-training.ts";
import { runTrackingNetwork } from "./tracking-network.ts";

export type Job =
  | { readonly name: string }
  | { readonly track: true }
  | { readonly train: number }
  | { readonly engine: number };

answerParent<Job, Results>(async (job) => {
  const options = { device: "webgpu", noFallback: true } as const;
  if ("train" in job) return trainAWhile(residentModel, job.train, options);
  if ("track" in job) return runTrackingNetwork(trackedModel, "webgpu");
  if ("engine" in job) return trainByEngine(residentModel, job.engine, "webgpu");
  return runCase(deviceCases[job.name]!(), options);
});
