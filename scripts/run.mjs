// Runs a TypeScript script (benchmarks, examples) against the built packages: node scripts/run.mjs experiments/datasets.ts [arguments]
import { mkdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const [file, ...rest] = process.argv.slice(2);
if (!file) {
  console.error("usage: node scripts/run.mjs FILE.ts [arguments]");
  process.exit(2);
}
const folder = resolve("node_modules/.cache/lorat-scripts");
await mkdir(folder, { recursive: true });
const outfile = join(folder, `${basename(file, ".ts")}.mjs`);
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning",
});
process.argv = [process.argv[0], file, ...rest];
await import(pathToFileURL(outfile).href);
