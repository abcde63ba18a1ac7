/** What the test page runs; the test calls `loratTest` through Playwright. */
import { configureWasm } from "@lorat/core/web";
import type { Device } from "@lorat/graph";
import { type Results, runCase } from "./cases.ts";
import { nanoCases } from "./device-cases.ts";

/** Float32 numbers in base64, by output: what can leave a page without loss. */
export type Encoded = Record<string, string>;

export interface PageTest {
  configure(baseUrl: string, threads: number): void;
  run(device: Device, name: keyof typeof nanoCases): Promise<Encoded>;
}

function encode(results: Results): Encoded {
  const text = (values: Float32Array) => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    let binary = "";
    for (let i = 0; i < bytes.length; i += 4096)
      binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
    return btoa(binary);
  };
  return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, text(values)]));
}

const loratTest: PageTest = {
  configure: (baseUrl, threads) => configureWasm({ baseUrl, threads }),
  run: async (device, name) => encode(await runCase(nanoCases[name](), { device, noFallback: true })),
};

Object.assign(globalThis, { loratTest });
