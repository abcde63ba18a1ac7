import { createRandom } from "@lorat/core/training";
import { describe, expect, it } from "vitest";
import {
  type CandidateMode,
  epochOrder,
  epochQuotas,
  isExtendable,
  searchCandidates,
} from "../../packages/lorat/src/sampling/candidates.ts";
import { fixtureJson } from "./fixtures.ts";

interface CandidateRecord {
  readonly length: number;
  readonly z: number;
  readonly range: number | null;
  readonly mask: readonly boolean[] | null;
  readonly mode: CandidateMode;
  readonly candidates: readonly number[] | null;
  readonly extendable: boolean;
}

interface PickerRecord {
  readonly dataset_lengths: readonly number[];
  readonly weights: readonly number[];
  readonly total: number;
  readonly quota_per_dataset: readonly number[];
}

const { candidates, picker } = fixtureJson<{ candidates: CandidateRecord[]; picker: PickerRecord[] }>(
  "n_sampling",
);

describe("fixture n: candidate search frames", () => {
  it.each(candidates.map((record, i) => ({ i, ...record })))("record $i: $mode, range $range", (record) => {
    const query = {
      length: record.length,
      template: record.z,
      range: record.range,
      mask: record.mask,
      mode: record.mode,
    };
    expect(searchCandidates(query)).toEqual(record.candidates ?? []);
    expect(isExtendable(query)).toBe(record.extendable);
  });
});

describe("fixture n: quotas of an epoch", () => {
  it.each(picker)(
    "$total samples over datasets of $dataset_lengths",
    ({ dataset_lengths, weights, total, ...record }) => {
      expect(epochQuotas(weights, total)).toEqual(record.quota_per_dataset);
      const order = epochOrder(dataset_lengths, weights, total, createRandom(total));
      expect(order).toHaveLength(total);
      dataset_lengths.forEach((length, dataset) => {
        const counts = Array.from(
          { length },
          (_, sequence) =>
            order.filter((pick) => pick.dataset === dataset && pick.sequence === sequence).length,
        );
        expect(counts.reduce((a, b) => a + b, 0)).toBe(record.quota_per_dataset[dataset]);
        expect(
          Math.max(...counts) - Math.min(...counts),
          "counts of one dataset differ by at most 1",
        ).toBeLessThanOrEqual(1);
      });
    },
  );
});
