/** A process on the software device: runs one case, or trains with every tensor on the device. */
import { type Results, runCase } from "./cases.ts";
import { answerParent } from "./child.ts";
import { deviceCases, residentModel } from "./device-cases.ts";
import { trainByEngine } from "./engine-training.ts";
import { trainAWhile } from "./resident-training.ts";

export type Job = { readonly name: string } | { readonly train: number } | { readonly engine: number };

answerParent<Job, Results>(async (job) => {
  const options = { device: "webgpu", noFallback: true } as const;
  if ("train" in job) return trainAWhile(residentModel, job.train, options);
  if ("engine" in job) return trainByEngine(residentModel, job.engine, "webgpu");
  return runCase(deviceCases[job.name]!(), options);
});
