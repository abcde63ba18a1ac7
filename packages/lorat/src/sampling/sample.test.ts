import { createRandom } from "@lorat/core/training";
import fc from "fast-check";
import { expect, it } from "vitest";
import { paperAugmentation } from "./crop-augmentation.ts";
import { allocateBatch, SampleWriter } from "./sample.ts";

const geometry = {
  patchSize: 8,
  templateSizePx: 48,
  templateGrid: 6,
  searchSizePx: 80,
  searchGrid: 10,
  templateAreaFactor: 2.4,
  searchAreaFactor: 4,
};

/** A white rectangle on black, so that the target's extent can be read off the crops. */
function picture([x1, y1, x2, y2]: readonly [number, number, number, number]) {
  const [width, height] = [240, 200];
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) data.fill(255, (y * width + x) * 3, (y * width + x) * 3 + 3);
  }
  const frame = { width, height, channels: 3 as const, data };
  return { frame, padding: [0, 0, 0] as const, box: [x1, y1, x2, y2] as const, present: true };
}

/** Width over height of what is white in a crop. */
function shape(pixels: Float32Array, side: number): number {
  let [left, right, top, bottom] = [side, 0, side, 0];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (pixels[y * side + x]! < 0) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    }
  }
  return (right - left) / (bottom - top);
}

const still = {
  ...paperAugmentation,
  scaleJitter: [0, 0],
  translationJitter: [0, 0],
  flip: [0, 0],
  colorJitter: [0, 0],
  threeAugment: [0, 0],
} as const;

it("stretches template and search alike, and the label with them", () => {
  const view = picture([100, 80, 140, 120]);
  const shapes = new Set<string>();
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
      const writer = new SampleWriter(geometry, { ...still, pairStretch: [0.5, 0.5] });
      const batch = allocateBatch(1, geometry);
      const written = writer.write(
        { template: view, search: view },
        { random: createRandom(seed), strength: 1, batch, index: 0 },
      );
      fc.pre(written);
      const inTemplate = shape(batch.template, geometry.templateSizePx);
      const inSearch = shape(batch.search, geometry.searchSizePx);
      const [x1, y1, x2, y2] = batch.boxes;
      const labelled = (x2! - x1!) / (y2! - y1!);
      // Pixels round: a target of 16 pixels a side shows its shape to about a tenth.
      expect(Math.abs(Math.log(inTemplate / labelled))).toBeLessThan(0.25);
      expect(Math.abs(Math.log(inSearch / labelled))).toBeLessThan(0.25);
      shapes.add(labelled.toFixed(2));
    }),
    { numRuns: 40 },
  );
  expect(shapes.size).toBeGreaterThan(10);
});

it("stretches nothing, and draws nothing for it, when it is left out", () => {
  const view = picture([90, 70, 150, 110]);
  const make = (augmentation: ConstructorParameters<typeof SampleWriter>[1]) => {
    const batch = allocateBatch(1, geometry);
    const random = createRandom(5);
    new SampleWriter(geometry, augmentation).write(
      { template: view, search: view },
      { random, strength: 1, batch, index: 0 },
    );
    return { ...batch, next: random.uniform() };
  };
  expect(make({ ...still, pairStretch: [0, 0] })).toEqual(make(still));
});

it("gives the recent view a box that is as far off as a tracker's, and leaves the pair as it is without one", () => {
  const view = picture([100, 80, 140, 120]);
  const elsewhere = picture([30, 40, 70, 80]);
  const side = geometry.templateSizePx;
  const make = (seed: number, references: number, reference = elsewhere) => {
    const own = { ...geometry, references };
    const batch = allocateBatch(1, own);
    const random = createRandom(seed);
    const draw = { random, strength: 1, batch, index: 0 };
    const written = new SampleWriter(own, still).write({ template: view, search: view, reference }, draw);
    return { batch, written };
  };
  // A box that missed its target by more than half its side has something else in its middle.
  const showsTarget = (pixels: Float32Array) => pixels[(side / 2) * side + side / 2]! > 0;
  let missed = 0;
  let first = 0;
  for (let seed = 1; seed <= 80; seed++) {
    const { batch, written } = make(seed, 1);
    expect(written).toBe(true);
    const marked = batch.referenceMask!.reduce((sum, value) => sum + value, 0);
    expect(marked).toBeGreaterThan(0);
    if (batch.reference!.every((value, i) => value === batch.template[i])) first++;
    else if (!showsTarget(batch.reference!)) missed++;
    const without = make(seed, 0);
    expect(without.batch.reference).toBeUndefined();
    expect(without.batch.template).toEqual(batch.template);
  }
  expect(first / 80).toBeGreaterThan(0.04);
  expect(first / 80).toBeLessThan(0.3);
  expect(missed).toBeGreaterThan(0);
  expect(missed / 80).toBeLessThan(0.15);
});
