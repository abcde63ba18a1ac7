// Makes the one file for pages, packages/core/dist/lorat.browser.js, of the built files, with the bundled model beside it; run after
// every build: node scripts/page-bundle.mjs
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "packages", "core", "dist");

/** Bundles, and copies what a page loads of each model. */
export async function bundleForPages() {
  const { version } = JSON.parse(readFileSync(join(root, "packages", "core", "package.json"), "utf8"));
  await build({
    entryPoints: [join(dist, "page", "ready-made.js")],
    outfile: join(dist, "lorat.browser.js"),
    absWorkingDir: root,
    bundle: true,
    minify: true,
    // A class's name is in messages of errors.
    keepNames: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    legalComments: "none",
    banner: { js: `/* lorat ${version}, Apache-2.0; holds ONNX Runtime's JavaScript, MIT */` },
    logLevel: "warning",
  });
  for (const model of readdirSync(join(root, "models"))) {
    const to = join(dist, "models", model);
    mkdirSync(to, { recursive: true });
    for (const file of ["model.json", "weights.safetensors"]) {
      cpSync(join(root, "models", model, file), join(to, file));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleForPages();
