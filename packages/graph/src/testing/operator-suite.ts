import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OperatorCase } from "./cases/case.ts";
import { differentiate, finiteDifferences, relativeDifference, runOnDevice } from "./check.ts";
import { evaluate } from "./interpreter.ts";
import { runs, seed } from "./seed.ts";

const numbers = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** Gradients against finite differences of the float64 interpreter, and ONNX Runtime against the interpreter. */
export function describeOperators(title: string, cases: readonly OperatorCase[]): void {
  describe(`${title} (seed ${seed})`, () => {
    it.each(cases)("$name: the gradient is that of finite differences", ({ instances }) => {
      const property = fc.property(instances, numbers, (instance, data) => {
        const { loss, outputs, feeds, leaves } = differentiate(instance, data);
        const analytic = evaluate(outputs, feeds);
        for (const name of leaves) {
          const numeric = finiteDifferences(loss, feeds, name);
          // Constants of a graph are float32, good to 6e-8.
          expect(relativeDifference(analytic[`d ${name}`]!, numeric), `d ${name}`).toBeLessThan(1e-6);
        }
      });
      fc.assert(property, runs(20));
    });

    it.each(cases)("$name: ONNX Runtime agrees with the interpreter", async ({ instances }) => {
      const property = fc.asyncProperty(instances, numbers, async (instance, data) => {
        const graph = differentiate(instance, data);
        const expected = evaluate(graph.outputs, graph.feeds);
        const actual = await runOnDevice(graph, { device: "cpu", threads: 1 });
        for (const [name, tensor] of Object.entries(expected)) {
          expect(actual[name]!.shape, name).toEqual(tensor.shape);
          expect(relativeDifference(actual[name] as { data: Float32Array }, tensor), name).toBeLessThan(1e-5);
        }
      });
      await fc.assert(property, runs(5));
    });
  });
}
