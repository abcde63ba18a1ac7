import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/**
 * Bundles a worker's source for a test, so that threads run what is being tested and not an older build. The file lies
 * inside the project, where the worker finds the packages that are not bundled.
 */
export async function buildWorker(source: URL): Promise<{ file: URL; remove(): Promise<void> }> {
  const folder = join(root, "node_modules", ".cache", `lorat-worker-${process.pid}-${performance.now()}`);
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, "worker.mjs");
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["lorat-source"],
    external: ["sharp", "jiti", "onnxruntime-node", "onnxruntime-web", "onnxruntime-common"],
    // For bundled packages in the older format.
    banner: { js: 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);' },
    logLevel: "error",
  });
  return { file: pathToFileURL(outfile), remove: () => rm(folder, { recursive: true, force: true }) };
}
