import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
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
  const own = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
  return {
    lorat: own.version,
    node: process.versions.node,
    "onnxruntime-node": await packageVersion("onnxruntime-node"),
    sharp: await packageVersion("sharp"),
  };
}

/** The version of an installed package, found from @lorat/graph's side of the tree. */
async function packageVersion(name: string): Promise<string> {
  const main = createRequire(import.meta.url).resolve(name);
  const folder = main.slice(0, main.lastIndexOf(`node_modules/${name}`) + `node_modules/${name}`.length);
  return JSON.parse(await readFile(`${folder}/package.json`, "utf8")).version;
}
