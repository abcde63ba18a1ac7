import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** A running server. */
export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** Where the page finds ONNX Runtime's files. */
export const runtimePath = "/runtime/";

/**
 * Serves an empty page, `files` by their paths, and ONNX Runtime's WebAssembly files below {@link runtimePath}, cross-origin
 * isolated so that WebAssembly may use threads.
 */
export async function serve(files: Readonly<Record<string, string>>): Promise<Site> {
  const require = createRequire(import.meta.url);
  const runtimeFolder = dirname(require.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"));
  const read = async (path: string): Promise<string | Buffer | undefined> => {
    if (path in files) return files[path];
    const name = path.startsWith(runtimePath) ? path.slice(runtimePath.length) : "";
    return /^[\w.-]+$/.test(name) ? readFile(join(runtimeFolder, name)).catch(() => undefined) : undefined;
  };
  const server = createServer(async ({ url }, response) => {
    const path = new URL(url ?? "/", "http://localhost").pathname;
    const body = await read(path);
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": types[extname(path)] ?? "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}
