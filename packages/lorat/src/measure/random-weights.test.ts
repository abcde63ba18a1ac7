import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { weightsFileBytes, writeRandomWeights } from "./random-weights.ts";

const shapes = new Map([
  ["blocks.0.mlp.fc1.weight", [1200, 1000]], // more numbers than are drawn
  ["blocks.0.norm1.weight", [33]],
  ["blocks.0.ls1.gamma", [7]],
]);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat-random-weights-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("fills every tensor at the place that it names", async () => {
  const path = join(folder, "weights.bin");
  const progress: number[] = [];
  const { tensors } = await writeRandomWeights(path, shapes, (bytes) => progress.push(bytes));
  expect(progress.at(-1)).toBe(weightsFileBytes(shapes));
  const bytes = await readFile(path);
  expect([...tensors.keys()]).toEqual([...shapes.keys()]);
  const numbers = (name: string) => {
    const { offset, shape } = tensors.get(name)!;
    expect(offset % 4096).toBe(0);
    return new Float32Array(
      bytes.buffer,
      bytes.byteOffset + offset,
      shape.reduce((a, b) => a * b, 1),
    );
  };
  const matrix = numbers("blocks.0.mlp.fc1.weight");
  const mean = matrix.reduce((a, b) => a + b, 0) / matrix.length;
  const deviation = Math.sqrt(matrix.reduce((a, b) => a + (b - mean) ** 2, 0) / matrix.length);
  expect(Math.abs(mean)).toBeLessThan(1e-3);
  expect(Math.abs(deviation - 0.02)).toBeLessThan(1e-3);
  expect(matrix.every((value) => value !== 0)).toBe(true);
  for (const name of ["blocks.0.norm1.weight", "blocks.0.ls1.gamma"]) {
    expect(numbers(name).every((value) => value > 0.8 && value < 1.2)).toBe(true);
  }
});

it("does not write over a file", async () => {
  const path = join(folder, "twice.bin");
  await writeRandomWeights(path, new Map([["a", [1]]]));
  await expect(writeRandomWeights(path, new Map([["a", [1]]]))).rejects.toMatchObject({ code: "EEXIST" });
});
