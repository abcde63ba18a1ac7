import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreementOf, guardedLayers } from "./guard.ts";

/** Every layer in 8 bits takes its harm off the mean. */
function harmful(harm: Readonly<Record<string, number>>) {
  const asked: string[][] = [];
  return {
    asked,
    layers: Object.keys(harm).map((name) => ({ name, macs: 1 })),
    measure: async (quantised: readonly string[]) => {
      asked.push([...quantised]);
      const mean = 1 - quantised.reduce((sum, name) => sum + harm[name]!, 0);
      return { mean, worst: mean };
    },
  };
}

describe("the accuracy guard", () => {
  it("takes every layer where the boxes agree, after one measurement", async () => {
    const { layers, measure, asked } = harmful({ a: 0.001, b: 0.002 });
    expect(await guardedLayers(layers, measure, { mean: 0.99, worst: 0 })).toEqual({
      singleLayers: [],
      agreement: { mean: 0.997, worst: 0.997 },
    });
    expect(asked).toEqual([["a", "b"]]);
  });

  it("gives the most harmful layers back until the others agree", async () => {
    const { layers, measure } = harmful({ a: 0.001, b: 0.05, c: 0.02, d: 0.005 });
    const { singleLayers, agreement } = await guardedLayers(layers, measure, { mean: 0.99, worst: 0 });
    expect(singleLayers).toEqual(["b", "c"]);
    expect(agreement.mean).toBeCloseTo(0.994, 12);
  });

  it("weighs harm against the work that a layer saves", async () => {
    const { measure } = harmful({ large: 0.02, small: 0.015 });
    const layers = [
      { name: "large", macs: 1000 },
      { name: "small", macs: 10 },
    ];
    const { singleLayers } = await guardedLayers(layers, measure, { mean: 0.97, worst: 0 });
    expect(singleLayers).toEqual(["small"]);
  });

  it("counts the worst frame as well as the mean", async () => {
    const layers = [
      { name: "a", macs: 1 },
      { name: "b", macs: 1 },
    ];
    const measure = async (quantised: readonly string[]) =>
      quantised.includes("b") ? { mean: 0.99, worst: 0.3 } : { mean: 0.995, worst: 0.95 };
    const { singleLayers } = await guardedLayers(layers, measure, { mean: 0.98, worst: 0.8 });
    expect(singleLayers).toEqual(["b"]);
  });

  it("reaches what is required, or leaves every layer in single precision", async () => {
    const harms = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,4}$/),
      fc.double({ min: 0, max: 0.1, noNaN: true }),
      {
        minKeys: 1,
        maxKeys: 8,
      },
    );
    await fc.assert(
      fc.asyncProperty(harms, fc.double({ min: 0.8, max: 1, noNaN: true }), async (harm, mean) => {
        const { layers, measure } = harmful(harm);
        const { singleLayers, agreement } = await guardedLayers(layers, measure, { mean, worst: 0 });
        expect(new Set(singleLayers).size).toBe(singleLayers.length);
        expect(agreement.mean >= mean || singleLayers.length === layers.length).toBe(true);
      }),
    );
  });
});

describe("agreement of boxes", () => {
  it("is their mean and least overlap", () => {
    const reference = [
      [0, 0, 10, 10],
      [0, 0, 10, 10],
    ] as const;
    const boxes = [
      [0, 0, 10, 10],
      [0, 0, 10, 5],
    ] as const;
    expect(agreementOf(boxes, reference)).toEqual({ mean: 0.75, worst: 0.5 });
  });

  it("takes equal empty boxes for the same, and an empty one beside another for none", () => {
    const empty = [3, 3, 3, 3] as const;
    expect(agreementOf([empty], [empty])).toEqual({ mean: 1, worst: 1 });
    expect(agreementOf([empty], [[0, 0, 9, 9]])).toEqual({ mean: 0, worst: 0 });
  });
});
