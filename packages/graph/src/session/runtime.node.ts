import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { LoratError } from "../errors.ts";
import type { ConcreteDevice, Ort, Runtime } from "./runtime.ts";
import { keep } from "./weight-store.node.ts";

let node: Promise<typeof import("onnxruntime-node")> | undefined;
const loadNode = () => (node ??= import("onnxruntime-node"));

/** ONNX Runtime in Node: the native package for CPU, WebGPU (Vulkan) and CUDA, the web package for `wasm`. */
export const runtime: Runtime = {
  async devices() {
    const { listSupportedBackends } = await loadNode();
    const bundled = listSupportedBackends()
      .filter((backend) => backend.bundled)
      .map((backend) => backend.name);
    const native: ConcreteDevice[] = ["cpu", "webgpu"];
    return [
      ...native.filter((device) => bundled.includes(device)),
      ...(hasCudaProvider() ? ["cuda" as const] : []),
      "wasm",
    ];
  },
  advice(missing) {
    if (missing !== "cuda") return undefined;
    if (process.platform !== "linux" || process.arch !== "x64")
      return "ONNX Runtime brings CUDA to Linux on x64 only";
    return "with CUDA 12 and cuDNN 9 installed, `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` fetches it";
  },
  // WebGPU is left to be asked for: Node cannot tell a real adapter from a software one, which is slower than the CPU.
  async preferred() {
    return hasCudaProvider() && existsSync("/proc/driver/nvidia/version") ? "cuda" : "cpu";
  },
  async load(device) {
    if (device === "wasm") return (await import("onnxruntime-web")) as unknown as Ort;
    const module = await loadNode();
    return ((module as { default?: unknown }).default ?? module) as unknown as Ort;
  },
  locate(path) {
    const absolute = resolve(path);
    return { folder: dirname(absolute), name: basename(absolute) };
  },
  read(path, offset, length) {
    const bytes = new Uint8Array(length);
    let found = 0;
    try {
      const file = openSync(path, "r");
      found = readSync(file, bytes, 0, length, offset);
      closeSync(file);
    } catch (cause) {
      throw new LoratError("SESSION_CREATE", `the weights in ${path} cannot be read`, { cause });
    }
    if (found < length) throw new LoratError("SESSION_CREATE", `${path} ends before its weights do`);
    return bytes;
  },
  async keep(request) {
    const { env } = (await runtime.load("cpu")) as typeof import("onnxruntime-node");
    return keep(request, env.versions.node ?? "");
  },
  readsBackThroughSession: true,
  // Node 24 has Float16Array, which the binding of 1.30 takes but measures as zero bytes long (pull request 32323).
  takesHalvesAsBits: true,
};

/** Whether the install step fetched the CUDA provider; the package lists CUDA without looking. */
function hasCudaProvider(): boolean {
  const main = createRequire(import.meta.url).resolve("onnxruntime-node"); // dist/index.js
  const binaries = join(dirname(main), "..", "bin", "napi-v6", process.platform, process.arch);
  return ["libonnxruntime_providers_cuda.so", "onnxruntime_providers_cuda.dll"].some((file) =>
    existsSync(join(binaries, file)),
  );
}
