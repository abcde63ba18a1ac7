import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

/** The project's root. */
export const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));

/** A bundle for the browser, made of the packages' built files as a user's bundler would make it. */
export interface BrowserBundle {
  readonly code: string;
  readonly metafile: Metafile;
}

/** Bundles a module for the browser with nothing left outside; throws esbuild's errors, such as an import it cannot resolve. */
export async function bundleForBrowser(source: string): Promise<BrowserBundle> {
  const result = await build({
    stdin: { contents: source, resolveDir: projectRoot, sourcefile: "entry.ts", loader: "ts" },
    absWorkingDir: projectRoot,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return { code: result.outputFiles[0]!.text, metafile: result.metafile };
}
