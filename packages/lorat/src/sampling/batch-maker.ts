import type { CropGeometry, Share } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import { type DatasetColumns, datasetOf } from "../datasets/columns.ts";
import type { Dataset } from "../datasets/dataset.ts";
import { partOf } from "../datasets/part-of.ts";
import { datasetPairs } from "./dataset-pairs.ts";
import { type MixPlan, mixedPairs } from "./mixed-pairs.ts";
import { type DrawnPair, MAX_REDRAWS, type PairSupply, type Readings } from "./pair.ts";
import { allocateBatch, type BatchArrays, SampleWriter } from "./sample.ts";
import type { DatasetPairs } from "./training-data.ts";

/** Datasets as they are posted to workers; plain data and shared memory. */
interface DatasetPlan {
  readonly kind: "datasets";
  readonly pairs: DatasetPairs;
  readonly columns: readonly DatasetColumns[];
}

/** All that a worker needs to make any batch of a run; plain data and shared memory. */
export interface BatchPlan {
  readonly geometry: CropGeometry;
  readonly batchSize: number;
  /** Part of every batch that is made; default: all of it. */
  readonly share?: Share | undefined;
  readonly seed: number;
  readonly data: MixPlan | DatasetPlan;
}

/** A finished batch: its arrays, where its samples came from and how reading their pictures went. */
export interface MadeBatch extends BatchArrays {
  readonly step: number;
  readonly positiveCount: number;
  readonly sources: readonly string[];
  readonly readings: Readings;
}

/** Samples whose pairs are drawn ahead, so that decoding goes on while crops are made. */
const DRAWN_AHEAD = 4;

function chosenDatasets({ columns, pairs }: DatasetPlan): Dataset[] {
  return columns.map((one, i) => partOf(datasetOf(one), pairs.sets[i] ?? {}));
}

/** What a plan's samples are drawn from. */
function pairSupply({ data, seed, batchSize, geometry }: BatchPlan): PairSupply {
  const wantsReference = (geometry.references ?? 0) > 0;
  return data.kind === "mix"
    ? mixedPairs(data, seed, wantsReference)
    : datasetPairs(chosenDatasets(data), { ...data.pairs, wantsReference }, seed, batchSize);
}

/**
 * Makes the batches of a run in any order. A sample depends on the seed, the data and its place in the run alone, so it
 * does not matter which thread makes it or what was made before.
 */
export function createBatchMaker(plan: BatchPlan, supply: PairSupply = pairSupply(plan)) {
  const { geometry, data, share = { rank: 0, ranks: 1 } } = plan;
  const batchSize = plan.batchSize / share.ranks;
  const first = share.rank * batchSize;
  const writer = new SampleWriter(geometry, data.kind === "mix" ? data.mix : data.pairs.augmentation);

  return {
    /** Files decoded by this maker so far. */
    decoded: () => supply.decoded(),
    /** Makes the batch of one step. Throws `DATA_IMAGE`, `DATA_UNREADABLE` and `DATA_NO_PAIR`. */
    async make(step: number): Promise<MadeBatch> {
      const arrays = allocateBatch(batchSize, geometry);
      const samples = Array.from({ length: batchSize }, (_, index) => supply.sample(step, first + index));
      const drawn: Promise<DrawnPair>[] = [];
      const drawTo = (count: number) => {
        for (let index = drawn.length; index < Math.min(count, batchSize); index++) {
          const pair = samples[index]!.next();
          // An earlier sample's failure may leave this one unawaited.
          pair.catch(() => {});
          drawn.push(pair);
        }
      };
      const sources: string[] = [];
      for (let index = 0; index < batchSize; index++) {
        drawTo(index + 1 + DRAWN_AHEAD);
        const { random, strength, next } = samples[index]!;
        let { pair, source } = await drawn[index]!;
        for (let attempt = 1; !writer.write(pair, { random, strength, batch: arrays, index }); attempt++) {
          if (attempt >= MAX_REDRAWS)
            throw new LoratError("DATA_NO_PAIR", `no crop shows its target, ${attempt} pairs tried`);
          ({ pair, source } = await next());
        }
        sources.push(source);
      }
      let positives = 0;
      for (const value of arrays.positives) positives += value;
      return {
        ...arrays,
        step,
        positiveCount: Math.max(positives, 1),
        sources,
        readings: joinReadings(samples.map(({ readings }) => readings)),
      };
    },
  };
}

function joinReadings(all: readonly Readings[]): Readings {
  return {
    requested: all.reduce((sum, { requested }) => sum + requested, 0),
    unreadable: all.flatMap(({ unreadable }) => unreadable),
  };
}
