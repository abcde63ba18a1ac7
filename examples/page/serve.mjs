/**
 * Serves the folder that it is started in to this machine alone: node examples/page/serve.mjs [PORT]. Any server of files does; this one
 * also sends the two headers that let WebAssembly use threads.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".mp4": "video/mp4",
};
const root = process.cwd();
const page = relative(root, fileURLToPath(new URL(".", import.meta.url))).replaceAll("\\", "/");

const server = createServer(async ({ url, headers }, response) => {
  const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
  const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return response.writeHead(404).end();
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  const start = Number(range?.[1] ?? 0);
  const end = Math.min(Number(range?.[2] || info.size - 1), info.size - 1);
  response.writeHead(range ? 206 : 200, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "content-length": end - start + 1,
    "accept-ranges": "bytes",
    "last-modified": info.mtime.toUTCString(),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    ...(range && { "content-range": `bytes ${start}-${end}/${info.size}` }),
  });
  createReadStream(file, { start, end })
    .on("error", () => response.destroy())
    .pipe(response);
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/${page}/`);
});
