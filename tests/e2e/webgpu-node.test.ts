import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Results, runCase } from "./support/cases.ts";
import { type Child, startChild } from "./support/child.ts";
import { difference, expectSame, tolerance } from "./support/compare.ts";
import { deviceCases, residentModel, trackedModel, vanishes } from "./support/device-cases.ts";
import { trainByEngine } from "./support/engine-training.ts";
import { trainAWhile } from "./support/resident-training.ts";
import { hasSoftwareGpu, softwareGpuEnvironment, vulkanManifest } from "./support/software-gpu.ts";
import { runTrackingNetwork } from "./support/tracking-network.ts";
import type { Job } from "./support/webgpu-child.ts";

const skipped = !hasSoftwareGpu && !process.env.CI;
if (skipped)
  console.warn(`skipped: there is no Vulkan driver at ${vulkanManifest} (LORAT_VULKAN_ICD names another)`);

/** Every session here is made with `noFallback`: ONNX Runtime refuses it if one node would be left to the CPU. */
describe.skipIf(skipped)("WebGPU in Node, on a software device, with no node on the CPU", () => {
  let gpu: Child<Job, Results>;

  beforeAll(async () => {
    // One process for all: it compiles each shader once.
    gpu = await startChild(
      fileURLToPath(new URL("support/webgpu-child.ts", import.meta.url)),
      softwareGpuEnvironment(),
    );
  });
  afterAll(() => gpu?.close());

  it.each(Object.keys(deviceCases))("gives the CPU's numbers: %s", async (name) => {
    const [got, expected] = await Promise.all([
      gpu.ask({ name }),
      runCase(deviceCases[name]!(), { device: "cpu" }),
    ]);
    expectSame(got, expected, vanishes);
  });

  it("tracks as the CPU does: the template alone, then one target and two", async () => {
    const [got, expected] = await Promise.all([
      gpu.ask({ track: true }),
      runTrackingNetwork(trackedModel, "cpu"),
    ]);
    expectSame(got, expected);
  });

  it("trains with every tensor on the device, as the CPU does", async () => {
    const steps = 3;
    const [got, expected] = await Promise.all([
      gpu.ask({ train: steps }),
      trainAWhile(residentModel, steps, { device: "cpu" }),
    ]);
    expectSame(got, expected);
    const [first, last] = [expected.losses![0]!, expected.losses![steps - 1]!];
    expect(first - last).toBeGreaterThan(10 * tolerance * first);
    expect(difference(got.losses, expected.losses!)).toBeLessThanOrEqual(tolerance * first);
  });

  it("trains by the trainer's engine as the CPU does: two passes an update, drop path, an average, a skipped update", async () => {
    const [got, expected] = await Promise.all([
      gpu.ask({ engine: 2 }),
      trainByEngine(residentModel, 2, "cpu"),
    ]);
    expectSame(got, expected);
  });
});
