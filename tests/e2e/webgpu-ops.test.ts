import { type ExecFileException, execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { operatorCases } from "../../packages/graph/src/testing/cases/index.ts";
import { seed } from "../../packages/graph/src/testing/seed.ts";
import { projectRoot } from "./support/bundle.ts";
import { hasSoftwareGpu, softwareGpuEnvironment, vulkanManifest } from "./support/software-gpu.ts";
import type { CaseReport } from "./webgpu-ops.child.ts";

const child = join(projectRoot, `node_modules/.cache/lorat-e2e/webgpu-ops-${process.pid}.mjs`);

/** Bundles the child from the sources: the operator cases are part of no package's built files. */
async function buildChild(): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL("webgpu-ops.child.ts", import.meta.url))],
    outfile: child,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["lorat-source"],
    external: ["onnxruntime-*"],
    logLevel: "silent",
  });
}

interface Ended {
  readonly reports: readonly CaseReport[];
  /** How the process ended and the last that it said. */
  readonly end: string;
}

function runChild(names: readonly string[]): Promise<Ended> {
  const settings = { env: softwareGpuEnvironment(), timeout: 280_000 };
  return new Promise((resolve) => {
    const ended = (error: ExecFileException | null, printed: string, errors: string) => {
      const reports = printed
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as CaseReport);
      resolve({
        reports,
        end: `the process ended with ${error?.signal ?? error?.code}: ${errors.slice(-500)}`,
      });
    };
    execFile(process.execPath, [child, String(seed), ...names], settings, ended);
  });
}

/** Runs the cases in child processes, a new one for those that follow a case that ended its process. */
async function runCases(names: readonly string[]): Promise<Map<string, CaseReport>> {
  const all = new Map<string, CaseReport>();
  for (let left = [...names]; left.length > 0; left = left.filter((name) => !all.has(name))) {
    const { reports, end } = await runChild(left);
    for (const report of reports) all.set(report.name, report);
    const last = reports.at(-1);
    if (!last) throw new Error(end);
    if (last.worst === null && !last.error) all.set(last.name, { ...last, error: end });
  }
  return all;
}

if (!hasSoftwareGpu) {
  console.warn(
    `operators on WebGPU are skipped: no software Vulkan device at ${vulkanManifest} (Debian: chromium)`,
  );
}

describe.skipIf(!hasSoftwareGpu && !process.env.CI)(
  `operators on WebGPU, none on the CPU (seed ${seed})`,
  () => {
    const cases = operatorCases.filter(({ webgpu }) => webgpu);
    let reports = new Map<string, CaseReport>();

    beforeAll(async () => {
      await buildChild();
      reports = await runCases(cases.map(({ name }) => name));
    });

    it.each(cases)("$name: forward and gradient give the CPU's numbers", ({ name }) => {
      const report = reports.get(name);
      expect(report?.error).toBeUndefined();
      expect(report?.worst).toBeLessThan(1e-4);
    });
  },
);
