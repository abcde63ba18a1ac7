import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gradient } from "../gradient.ts";
import { Graph } from "../graph.ts";
import { linear } from "../ops/matmul.ts";
import { sumOfSquares } from "../ops/reduce.ts";
import { float32, type Tensor } from "../tensor.ts";
import { Session } from "./session.ts";
import type { FileTensor } from "./weights.ts";

const width = 3072;
const rows = 8;
const weightBytes = width * width * 4;

let folder = "";
let weight: FileTensor;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lorat-packed-"));
  const file = join(folder, "weight.bin");
  writeFileSync(
    file,
    Float32Array.from({ length: width * width }, (_, i) => Math.sin(i) / 64),
  );
  weight = { dtype: "float32", shape: [width, width], file, offset: 0 };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A frozen layer, and the gradient through it: its weight is read as it lies, and turned. */
function frozenLayer() {
  const graph = new Graph();
  const x = graph.input("x", [rows, width]);
  const y = linear(x, graph.parameter("weight", [width, width]));
  return { y, dx: gradient(sumOfSquares(y), [x])[0]! };
}

async function run(lowMemory: boolean): Promise<{ outputs: Record<string, Tensor>; grownBytes: number }> {
  const before = ownBytes();
  const session = await Session.create(frozenLayer(), {
    device: "cpu",
    threads: 1,
    purpose: "training",
    weights: new Map([["weight", weight]]),
    lowMemory,
  });
  const x = float32(
    Float32Array.from({ length: rows * width }, (_, i) => Math.cos(i)),
    [rows, width],
  );
  const outputs = await session.compute({ x });
  const grownBytes = ownBytes() - before;
  await session.dispose();
  return { outputs, grownBytes };
}

/** Resident bytes of this process that are no file's. */
function ownBytes(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

describe("lowMemory", () => {
  it("does not change the numbers, and decides whether weights are copied", async () => {
    const lean = await run(true);
    const packed = await run(false);
    for (const name of ["y", "dx"]) {
      const a = lean.outputs[name]!.data as Float32Array;
      const b = packed.outputs[name]!.data as Float32Array;
      const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest).toBeGreaterThan(0);
      const apart = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
      expect(apart).toBeLessThan(1e-5 * largest);
    }
    if (Number.isNaN(lean.grownBytes)) {
      console.warn("memory was not compared: this system has no /proc/self/status");
      return;
    }
    expect(lean.grownBytes).toBeLessThan(0.5 * weightBytes);
    expect(packed.grownBytes).toBeGreaterThan(1.5 * weightBytes);
  });
});
