import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochQuotas } from "./candidates.ts";
import { epochJobs, epochPlace, stepsPerEpoch } from "./epochs.ts";

const run = fc.record({
  samples: fc.integer({ min: 1, max: 400 }),
  batchSize: fc.integer({ min: 1, max: 40 }),
  startEpoch: fc.integer({ min: 0, max: 50 }),
});

describe("epochs", () => {
  it("hold every job once, whole batches only, one epoch after the other", () => {
    fc.assert(
      fc.property(run, ({ samples, batchSize, startEpoch }) => {
        fc.pre(samples >= batchSize);
        const steps = stepsPerEpoch(samples, batchSize);
        expect(samples - steps * batchSize).toBeLessThan(batchSize);
        for (const epoch of [startEpoch, startEpoch + 1]) {
          const jobs: number[] = [];
          for (let step = epoch * steps; step < (epoch + 1) * steps; step++) {
            for (let index = 0; index < batchSize; index++) {
              const place = epochPlace(step, index, batchSize, steps);
              expect(place.epoch).toBe(epoch);
              jobs.push(place.job);
            }
          }
          expect(jobs).toEqual(Array.from({ length: steps * batchSize }, (_, i) => i));
        }
      }),
    );
  });

  it("need at least one whole batch", () => {
    expect(() => stepsPerEpoch(7, 8)).toThrow(expect.objectContaining({ code: "LOADER_OPTION" }));
  });

  it("give each dataset its quota and each of its sequences an equal share of it", () => {
    const sets = fc.array(
      fc.record({
        length: fc.integer({ min: 1, max: 30 }),
        weight: fc.double({ min: 0.1, max: 9, noNaN: true }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(sets, run, fc.integer(), (made, { samples, startEpoch }, seed) => {
        const lengths = made.map(({ length }) => length);
        const weights = made.map(({ weight }) => weight);
        const jobs = epochJobs(lengths, weights, { samples, seed, epoch: startEpoch });
        const quotas = epochQuotas(weights, samples);
        for (const [dataset, length] of lengths.entries()) {
          const counts = new Array<number>(length).fill(0);
          jobs.dataset.forEach((of, job) => {
            if (of === dataset) counts[jobs.sequence[job]!]!++;
          });
          expect(counts.reduce((a, b) => a + b, 0)).toBe(quotas[dataset]);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("have an order that depends on the seed and the epoch, and on nothing else", () => {
    const order = (seed: number, epoch: number) => [
      ...epochJobs([50, 70], [1, 1], { samples: 200, seed, epoch }).sequence,
    ];
    expect(order(1, 3)).toEqual(order(1, 3));
    expect(order(1, 3)).not.toEqual(order(1, 4));
    expect(order(1, 3)).not.toEqual(order(2, 3));
  });
});
