// Run by npm before (and with --clean after) a package is packed, in its folder: builds, and puts beside the built files what the
// tarball holds and the folder in the checkout does not.
import { cpSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { build, root } from "./setup.mjs";

const folder = process.cwd();
const here = (...path) => join(folder, ...path);
const runtime = () => dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));

/**
 * By package: where a file or folder comes from, by where it goes. Graph brings ONNX Runtime's WebAssembly build for Node, three
 * files of the 139 MB of `onnxruntime-web`, so that every machine has something that runs.
 */
const FILES = {
  graph: () => ({
    LICENSE: join(root, "LICENSE"),
    ...Object.fromEntries(
      ["ort.node.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"].map((name) => [
        join("wasm", name),
        join(runtime(), name),
      ]),
    ),
  }),
  core: () => ({ LICENSE: join(root, "LICENSE") }),
  lorat: () => ({
    LICENSE: join(root, "LICENSE"),
    "README.md": join(root, "README.md"),
    ...Object.fromEntries(
      readdirSync(join(root, "models")).map((name) => [join("models", name), join(root, "models", name)]),
    ),
  }),
};

const files = FILES[basename(folder)];
if (!files) throw new Error("run this in a package's folder");
// Leftovers of a pack that was interrupted go first; only what git ignores is ever removed.
for (const path of Object.keys(files()))
  rmSync(here(path.split(/[\\/]/)[0]), { recursive: true, force: true });
if (!process.argv.includes("--clean")) {
  build();
  for (const [to, from] of Object.entries(files())) {
    if (!existsSync(from)) throw new Error(`${from} is missing`);
    cpSync(from, here(to), { recursive: true });
  }
  const bytes = Object.keys(files()).reduce((sum, path) => sum + sizeOf(here(path)), 0);
  console.log(`${basename(folder)}: ${(bytes / 2 ** 20).toFixed(1)} MB beside the built files`);
}

function sizeOf(path) {
  const info = statSync(path);
  if (!info.isDirectory()) return info.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
