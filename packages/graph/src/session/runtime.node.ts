import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { LoratError } from "../errors.ts";
import type { ConcreteDevice, Ort, Runtime } from "./runtime.ts";
import { keep } from "./weight-store.node.ts";

type Native = typeof import("onnxruntime-node");

/** The native package; undefined where it is not installed or does not fit this machine, with the reason in `whyNotNative`. */
let native: Promise<Native | undefined> | undefined;
let whyNotNative = "";

function loadNative(): Promise<Native | undefined> {
  native ??= import("onnxruntime-node").then(
    (module: Native & { default?: Native }) => module.default ?? module,
    (cause: unknown) => {
      const { code, message } = cause as NodeJS.ErrnoException;
      const isAbsent = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
      whyNotNative = isAbsent ? "onnxruntime-node is not installed" : firstLine(message);
      return undefined;
    },
  );
  return native;
}

const firstLine = (text: string): string => text.split("\n", 1)[0]!;

/** How to get the native package. Its install script fetches CUDA from outside the registry and fails where it cannot. */
const HOW_TO_GET_NATIVE = "get the native runtime with: npm install onnxruntime-node --ignore-scripts";

/** ONNX Runtime in Node: the native package for CPU, WebGPU (Vulkan) and CUDA, the web package for `wasm`. */
export const runtime: Runtime = {
  async devices() {
    const module = await loadNative();
    if (!module) return ["wasm"];
    const bundled = module
      .listSupportedBackends()
      .filter((backend) => backend.bundled)
      .map((backend) => backend.name);
    const carried: ConcreteDevice[] = ["cpu", "webgpu"];
    return [
      ...carried.filter((device) => bundled.includes(device)),
      ...(hasCudaProvider() ? ["cuda" as const] : []),
      "wasm",
    ];
  },
  advice(missing) {
    if (whyNotNative) return `${whyNotNative}; ${HOW_TO_GET_NATIVE}`;
    if (missing !== "cuda") return undefined;
    if (process.platform !== "linux" || process.arch !== "x64")
      return "ONNX Runtime brings CUDA to Linux on x64 only";
    return "with CUDA 12 and cuDNN 9 installed, `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` fetches it";
  },
  // WebGPU is left to be asked for: Node cannot tell a real adapter from a software one, which is slower than the CPU.
  async preferred() {
    if (!(await loadNative())) {
      warnOfWasm();
      return "wasm";
    }
    return hasCudaProvider() && existsSync("/proc/driver/nvidia/version") ? "cuda" : "cpu";
  },
  async load(device) {
    if (device === "wasm") return loadWasm();
    const module = await loadNative();
    if (!module) throw new LoratError("DEVICE_UNAVAILABLE", whyNotNative, { hint: HOW_TO_GET_NATIVE });
    return module as unknown as Ort;
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
    const { env } = (await runtime.load("cpu")) as unknown as Native;
    return keep(request, env.versions.node ?? "");
  },
  readsBackThroughSession: true,
  // Node 24 has Float16Array, which the binding of 1.30 takes but measures as zero bytes long (pull request 32323).
  takesHalvesAsBits: true,
};

/** ONNX Runtime's WebAssembly build: the copy in this package, or `onnxruntime-web` where that is installed, as in the checkout. */
async function loadWasm(): Promise<Ort> {
  const own = new URL("../../wasm/ort.node.min.mjs", import.meta.url);
  if (existsSync(fileURLToPath(own))) return (await import(own.href)) as Ort;
  return import("onnxruntime-web").then(
    (module) => module as unknown as Ort,
    (cause: unknown) => {
      throw new LoratError("RUNTIME_MISSING", "no ONNX Runtime for WebAssembly is installed", {
        hint: "install it with: npm install onnxruntime-web",
        cause,
      });
    },
  );
}

let isWarned = false;

/** Says once in a process what the slow way costs and how to get the fast one. */
function warnOfWasm(): void {
  if (isWarned || !isMainThread) return;
  isWarned = true;
  process.emitWarning(
    `ONNX Runtime runs as WebAssembly, at about half the speed of native code: ${whyNotNative}. To ${HOW_TO_GET_NATIVE}`,
    { type: "LoratWarning", code: "RUNTIME_WASM" },
  );
}

/** Whether the install step fetched the CUDA provider; the package lists CUDA without looking. */
function hasCudaProvider(): boolean {
  const main = createRequire(import.meta.url).resolve("onnxruntime-node"); // dist/index.js
  const binaries = join(dirname(main), "..", "bin", "napi-v6", process.platform, process.arch);
  return ["libonnxruntime_providers_cuda.so", "onnxruntime_providers_cuda.dll"].some((file) =>
    existsSync(join(binaries, file)),
  );
}
