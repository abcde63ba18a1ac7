import { matmulRows } from "@lorat/core/weights";
import { expect, it } from "vitest";
import { valuesOf } from "../../testing/model-weights.ts";
import { sessionProduct } from "./session-product.ts";

it("gives the plain product's numbers", async () => {
  const product = sessionProduct();
  for (const size of [
    { m: 5, k: 3, n: 7 },
    { m: 1, k: 64, n: 33 },
    { m: 5, k: 3, n: 7 },
  ]) {
    const a = valuesOf("a", size.m * size.k);
    const b = valuesOf("b", size.k * size.n);
    const [fast, plain] = [await product.matmul(a, b, size), await matmulRows(a, b, size)];
    expect(fast.length).toBe(size.m * size.n);
    for (const [i, value] of plain.entries()) expect(fast[i]).toBeCloseTo(value, 5);
  }
  await product.dispose();
});
