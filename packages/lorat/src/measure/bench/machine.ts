import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { packageVersion } from "../../files/package-version.ts";
import type { BenchResult } from "./result.ts";

/** What a benchmark ran on, without the load. */
export function machine(): Omit<BenchResult["machine"], "loadBefore" | "loadAfter"> {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${platform()} ${release()} ${arch()}`,
  };
}

/** Versions of what did the work. */
export async function versions(): Promise<Record<string, string>> {
  return {
    lorat: await packageVersion(),
    node: process.versions.node,
    "onnxruntime-node": await versionOf("onnxruntime-node"),
    sharp: await versionOf("sharp"),
  };
}

/** The version of an installed package, found from @lorat/graph's side of the tree. */
async function versionOf(name: string): Promise<string> {
  const main = createRequire(import.meta.url).resolve(name);
  const folder = main.slice(0, main.lastIndexOf(`node_modules/${name}`) + `node_modules/${name}`.length);
  return packageVersion(`${folder}/package.json`);
}
