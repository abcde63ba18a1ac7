import { expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { type Lora, loraConfig } from "./config.ts";
import { initialWeights } from "./initialise.ts";
import { parametersOf } from "./lorat.ts";
import { variantNamed } from "./variants.ts";

/** Values of all A and of all B of a network with adapters that start in one way. */
function adapters(start: Lora["start"]): { a: number[]; b: number[] } {
  const variant = variantNamed("nano");
  const config = loraConfig(variant, { rank: 8, start });
  const weights = [...initialWeights(parametersOf(config), createRandom(4))];
  const values = (ending: string) =>
    weights.flatMap(([name, tensor]) =>
      name.endsWith(ending) && "data" in tensor ? Array.from(tensor.data, Number) : [],
    );
  return { a: values(".q.lora.A"), b: values(".q.lora.B") };
}

const deviation = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

it("starts adapters at a deviation of 0.02 on both sides unless told otherwise", () => {
  const { a, b } = adapters(undefined);
  expect(deviation(a)).toBeCloseTo(0.02, 3);
  expect(deviation(b)).toBeCloseTo(0.02, 3);
});

it("starts A by Kaiming's rule and B at zero, as in the paper on LoRA", () => {
  const { a, b } = adapters("lora");
  const bound = 1 / Math.sqrt(variantNamed("nano").dim);
  expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(deviation(a)).toBeCloseTo(bound / Math.sqrt(3), 2);
  expect(b.every((value) => value === 0)).toBe(true);
});

it("starts A at a deviation of one over the rank and B at zero", () => {
  const { a, b } = adapters("gaussian");
  expect(deviation(a)).toBeCloseTo(1 / 8, 2);
  expect(b.every((value) => value === 0)).toBe(true);
});
