/** What the test page runs; the test calls `loratTest` through Playwright. */
import { loraConfig, mergedConfig, variantNamed } from "@lorat/core";
import { configureWasm } from "@lorat/core/web";
import type { Device } from "@lorat/graph";
import { forwardCase, type Results, runCase, stepCase } from "./cases.ts";

/** Float32 numbers in base64, by output: what can leave a page without loss. */
export type Encoded = Record<string, string>;

export interface PageTest {
  configure(baseUrl: string, threads: number): void;
  forward(device: Device, variant: string, batch: number): Promise<Encoded>;
  step(device: Device, variant: string, rank: number, batch: number): Promise<Encoded>;
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
  forward: async (device, variant, batch) =>
    encode(
      await runCase(forwardCase(mergedConfig(variantNamed(variant)), batch), { device, noFallback: true }),
    ),
  step: async (device, variant, rank, batch) =>
    encode(
      await runCase(stepCase(loraConfig(variantNamed(variant), { rank }), batch), {
        device,
        noFallback: true,
      }),
    ),
};

Object.assign(globalThis, { loratTest });
