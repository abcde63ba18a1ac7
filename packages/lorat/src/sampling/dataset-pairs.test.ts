import type { Corners } from "@lorat/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ColourPictures,
  MADE_HEIGHT,
  MADE_WIDTH,
  type MadeSequence,
  madeDataset,
  writeColourPictures,
} from "../testing/memory-dataset.ts";
import { epochQuotas } from "./candidates.ts";
import { paperAugmentation } from "./crop-augmentation.ts";
import { datasetPairs } from "./dataset-pairs.ts";
import type { View } from "./pair.ts";
import type { DatasetPairs } from "./training-data.ts";

const LENGTHS = [[12, 1, 7, 20], [1, 1, 1], [5]];
let pictures: ColourPictures;
beforeAll(async () => {
  pictures = await writeColourPictures(LENGTHS);
});
afterAll(() => pictures?.remove());

/** Boxes that tell the frame by their left edge. */
const boxOf = (frame: number): Corners => [frame, 2, frame + 20, 30];
const allPresent = (length: number): MadeSequence => Array.from({ length }, (_, frame) => boxOf(frame));

function options(changes: Partial<DatasetPairs> = {}): DatasetPairs {
  return {
    kind: "datasets",
    sets: LENGTHS.map((_, i) => ({ dataset: `folder:${i}` })),
    samplesPerEpoch: 60,
    maxGap: 100,
    mode: "interval",
    augmentation: paperAugmentation,
    maxUnreadableShare: 0.5,
    ...changes,
  };
}

const everything = () => LENGTHS.map((lengths, i) => madeDataset(pictures, i, lengths.map(allPresent)));

/** What a view shows, by its colour. */
function shown({ frame }: View) {
  const [index, sequence, dataset] = frame.data as unknown as [number, number, number];
  return { dataset, sequence, frame: index };
}

describe("pairs of datasets", () => {
  it("take two frames of one sequence within the gap, on the allowed side, where the target is present", async () => {
    const cases = fc.record({
      presence: fc
        .array(fc.boolean(), { minLength: 20, maxLength: 20 })
        .filter((mask) => mask.includes(true)),
      maxGap: fc.integer({ min: 1, max: 25 }),
      mode: fc.constantFrom("interval" as const, "causal" as const, "reverse_causal" as const),
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ presence, maxGap, mode, seed }) => {
        const boxes = presence.map((present, frame) => (present ? boxOf(frame) : null));
        // Sequence 3 of dataset 0 has as many pictures; the others are not asked for.
        const dataset = { ...madeDataset(pictures, 0, [boxes, boxes, boxes, boxes]), length: 4 };
        const only = { ...dataset, sequence: () => dataset.sequence(3) };
        const supply = datasetPairs(
          [only],
          options({ sets: [{ dataset: "folder:0" }], maxGap, mode }),
          seed,
          6,
        );
        for (let index = 0; index < 6; index++) {
          const { pair } = await supply.sample(0, index).next();
          const [z, x] = [shown(pair.template).frame, shown(pair.search).frame];
          expect(presence[z] && presence[x]).toBe(true);
          expect([pair.template.box[0], pair.search.box[0]]).toEqual([z, x]);
          const allowed = presence.flatMap((present, frame) => {
            const distance = frame - z;
            const side = mode === "interval" || (mode === "causal" ? distance > 0 : distance < 0);
            return present && side && distance !== 0 && Math.abs(distance) <= maxGap ? [frame] : [];
          });
          // Without any other frame the template's serves twice.
          if (allowed.length === 0) expect(x).toBe(z);
          else expect(allowed).toContain(x);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("use a still picture twice and read it once", async () => {
    const supply = datasetPairs(everything().slice(1, 2), options({ sets: [{ dataset: "folder:1" }] }), 5, 6);
    for (let index = 0; index < 6; index++) {
      const sample = supply.sample(0, index);
      const { pair } = await sample.next();
      expect(pair.search).toEqual(pair.template);
      expect(pair.search.frame).toBe(pair.template.frame);
      expect(sample.readings).toEqual({ requested: 1, unreadable: [] });
    }
    expect(supply.decoded()).toBe(6);
  });

  it("give each dataset its exact quota of every epoch, and its sequences equal shares", async () => {
    const sets = [2, 1, 1].map((weight, i) => ({ dataset: `folder:${i}`, weight }));
    const supply = datasetPairs(everything(), options({ sets, samplesPerEpoch: 62 }), 7, 31);
    for (const epoch of [0, 1]) {
      const counts = LENGTHS.map((lengths) => lengths.map(() => 0));
      for (const step of [0, 1]) {
        for (let index = 0; index < 31; index++) {
          const { pair, source } = await supply.sample(2 * epoch + step, index).next();
          const { dataset, sequence } = shown(pair.template);
          expect(source).toBe(`made:${dataset}`);
          counts[dataset]![sequence]!++;
        }
      }
      const quotas = epochQuotas([2, 1, 1], 62);
      expect(counts.map((of) => of.reduce((a, b) => a + b, 0))).toEqual(quotas);
      for (const of of counts) expect(Math.max(...of) - Math.min(...of)).toBeLessThanOrEqual(1);
    }
  });

  it("depend on the sample's place alone, not on what was drawn before", async () => {
    const inOrder = datasetPairs(everything(), options(), 3, 10);
    const places = [0, 1, 7, 13].flatMap((step) => [0, 4, 9].map((index) => ({ step, index })));
    const described = async (supply: typeof inOrder, { step, index }: { step: number; index: number }) => {
      const { random, next } = supply.sample(step, index);
      const { pair } = await next();
      return [shown(pair.template), shown(pair.search), random.uniform()];
    };
    const first = [];
    for (const place of places) first.push(await described(inOrder, place));
    const backwards = datasetPairs(everything(), options(), 3, 10);
    const second = [];
    for (const place of places.toReversed()) second.unshift(await described(backwards, place));
    expect(second).toEqual(first);
  });

  it("clip boxes to the picture and leave out those that lie outside it", async () => {
    const outside: Corners = [MADE_WIDTH + 5, 2, MADE_WIDTH + 30, 20];
    const dataset = madeDataset(pictures, 1, [[[-9, -4, 30, 90]], [outside], [boxOf(3)]]);
    const supply = datasetPairs([dataset], options({ sets: [{ dataset: "folder:1" }] }), 2, 30);
    for (let index = 0; index < 30; index++) {
      const { pair } = await supply.sample(0, index).next();
      expect(shown(pair.template).sequence).not.toBe(1);
      if (shown(pair.template).sequence === 0) expect(pair.template.box).toEqual([0, 0, 30, MADE_HEIGHT]);
    }
  });

  it("take search frames from other sequences for pairs without their target", async () => {
    const supply = datasetPairs(everything(), options({ negativeShare: 0.5 }), 4, 60);
    let negatives = 0;
    for (let index = 0; index < 60; index++) {
      const { pair } = await supply.sample(0, index).next();
      const [z, x] = [shown(pair.template), shown(pair.search)];
      const same = z.dataset === x.dataset && z.sequence === x.sequence;
      expect(pair.search.present).toBe(same);
      if (!same) negatives++;
    }
    expect(negatives).toBeGreaterThan(15);
    expect(negatives).toBeLessThan(45);
  });
});

describe("what cannot be read or used", () => {
  /** Dataset 0, of which one sequence has no pictures on the disk. */
  const withMissing = () => {
    const missing = { path: (d: number, s: number, f: number) => pictures.path(d, s === 2 ? 99 : s, f) };
    return [madeDataset(missing, 0, LENGTHS[0]!.map(allPresent))];
  };
  const sets = [{ dataset: "folder:0" }];

  it("is redrawn from the sample's own stream, counted and named", async () => {
    const results = [];
    for (let round = 0; round < 2; round++) {
      const supply = datasetPairs(withMissing(), options({ sets, samplesPerEpoch: 40 }), 11, 40);
      const samples = Array.from({ length: 40 }, (_, index) => supply.sample(0, index));
      const pairs = await Promise.all(samples.map((sample) => sample.next()));
      for (const { pair } of pairs) expect(shown(pair.template).sequence).not.toBe(2);
      const unreadable = samples.flatMap(({ readings }) => readings.unreadable);
      // A quarter of the jobs ask for that sequence, each for two of its pictures.
      expect(unreadable.length).toBeGreaterThanOrEqual(20);
      for (const text of unreadable) expect(text).toMatch(/99-\d+\.png$/);
      const requested = samples.reduce((sum, { readings }) => sum + readings.requested, 0);
      expect(requested).toBe(unreadable.length + supply.decoded());
      results.push(pairs.map(({ pair }) => [shown(pair.template), shown(pair.search)]));
    }
    expect(results[0]).toEqual(results[1]);
  });

  it("ends a sample of which nothing at all can be read", async () => {
    const nowhere = madeDataset({ path: () => "/nowhere/1.jpg" }, 0, [allPresent(3)]);
    const supply = datasetPairs([nowhere], options({ sets }), 1, 4);
    await expect(supply.sample(0, 0).next()).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      issues: expect.arrayContaining([expect.stringContaining("/nowhere/1.jpg")]),
    });
  });

  it("is refused at once: a dataset without sequences, an epoch without a batch, negatives of one sequence", () => {
    const made = (changes: Partial<DatasetPairs>, sequences: readonly MadeSequence[], batchSize = 4) =>
      datasetPairs([madeDataset(pictures, 0, sequences)], options({ sets, ...changes }), 1, batchSize);
    expect(() => made({}, [])).toThrow(expect.objectContaining({ code: "DATA_EMPTY" }));
    expect(() => made({}, [allPresent(3)], 61)).toThrow(expect.objectContaining({ code: "LOADER_OPTION" }));
    expect(() => made({ negativeShare: 0.1 }, [allPresent(3)])).toThrow(/two sequences/);
  });
});
