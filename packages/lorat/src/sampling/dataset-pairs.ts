import type { Corners } from "@lorat/core";
import { type Colour, clipToImage, imageMean, isValidBox } from "@lorat/core/geometry";
import { createRandom, type Random } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import type { Dataset, DatasetObject, DatasetSequence } from "../datasets/dataset.ts";
import { searchCandidates } from "./candidates.ts";
import { type EpochJobs, epochJobs, epochPlace, stepsPerEpoch } from "./epochs.ts";
import { readFrame } from "./frame-store.ts";
import { type DrawnPair, MAX_REDRAWS, type Pair, type PairSupply, type View } from "./pair.ts";
import type { DatasetPairs } from "./training-data.ts";

/** Full strength from the first step on: datasets have no curriculum. */
const STRENGTH = 1;

/** A frame of a sequence and the box around which to look for a target in it. */
interface FramePick {
  readonly path: string;
  readonly box: Corners;
}

/**
 * Pairs from datasets in epochs of a fixed number of samples (specification 3.3). The draws of a sample depend on
 * `(seed, epoch, job)`, its first sequence on the epoch's order, which depends on `(seed, epoch)`.
 *
 * A sample whose pictures cannot be read, or of which no crop shows the target, is redrawn from its own stream: dataset
 * by weight, sequence uniform. Throws `DATA_EMPTY` for a dataset without sequences and `LOADER_OPTION` for an epoch
 * without a whole batch; drawing throws `DATA_NO_PAIR` and `DATA_UNREADABLE`.
 */
export function datasetPairs(
  datasets: readonly Dataset[],
  options: DatasetPairs & { readonly wantsReference?: boolean },
  seed: number,
  batchSize: number,
): PairSupply {
  const { samplesPerEpoch, sets, negativeShare = 0 } = options;
  const steps = stepsPerEpoch(samplesPerEpoch, batchSize);
  const weights = sets.map(({ weight = 1 }) => weight);
  const lengths = datasets.map(({ length }) => length);
  for (const { name, length } of datasets)
    if (length === 0) throw new LoratError("DATA_EMPTY", `${name} has no sequences to train on`);
  if (negativeShare > 0 && lengths.reduce((a, b) => a + b, 0) < 2) {
    throw new LoratError("LOADER_OPTION", "pairs without their target need at least two sequences");
  }
  let decoded = 0;
  let jobs: { readonly epoch: number; readonly jobs: EpochJobs } | undefined;
  const jobsOf = (epoch: number): EpochJobs => {
    if (jobs?.epoch !== epoch)
      jobs = { epoch, jobs: epochJobs(lengths, weights, { samples: samplesPerEpoch, seed, epoch }) };
    return jobs.jobs;
  };
  const anySequence = (random: Random) => {
    const dataset = random.weighted(weights);
    return { dataset, sequence: random.integer(lengths[dataset]!) };
  };
  const anyOther = (random: Random, than: { dataset: number; sequence: number }) => {
    for (;;) {
      const other = anySequence(random);
      if (other.dataset !== than.dataset || other.sequence !== than.sequence) return other;
    }
  };

  return {
    decoded: () => decoded,
    sample(step, index) {
      const { epoch, job } = epochPlace(step, index, batchSize, steps);
      const random = createRandom(seed, epoch, job);
      const readings = { requested: 0, unreadable: [] as string[] };
      const read = async (pick: FramePick) => {
        readings.requested++;
        try {
          const frame = await readFrame(pick.path);
          decoded++;
          let mean: Colour | undefined;
          const padding = () => {
            mean ??= imageMean(frame);
            return mean;
          };
          return { frame, padding };
        } catch (error) {
          if (!(error instanceof LoratError)) throw error;
          readings.unreadable.push(pick.path);
          return undefined;
        }
      };
      const draw = async (drawn: { dataset: number; sequence: number }): Promise<Pair | undefined> => {
        const sequence = datasets[drawn.dataset]!.sequence(drawn.sequence);
        const negative = negativeShare > 0 && random.chance(negativeShare);
        const picked = drawFrames(sequence, options, random);
        if (!picked) return undefined;
        let { template, search } = picked;
        if (negative) {
          const other = anyOther(random, drawn);
          const elsewhere = drawFrames(datasets[other.dataset]!.sequence(other.sequence), options, random);
          if (!elsewhere) return undefined;
          search = elsewhere.search;
        }
        const { reference } = picked;
        const first = read(template);
        // A still picture is both frames.
        const [z, x, r] = await Promise.all([
          first,
          search.path === template.path ? first : read(search),
          reference && read(reference),
        ]);
        if (!z || !x || (reference && !r)) {
          lost++;
          return undefined;
        }
        const views = [view(z, template, true), view(x, search, !negative)] as const;
        const recent = reference && r && view(r, reference, true);
        return views[0] && views[1] && { template: views[0], search: views[1], reference: recent };
      };

      let attempts = 0;
      let lost = 0;
      return {
        random,
        strength: STRENGTH,
        readings,
        async next(): Promise<DrawnPair> {
          while (attempts < MAX_REDRAWS) {
            const own = jobsOf(epoch);
            const drawn =
              attempts++ === 0
                ? { dataset: own.dataset[job]!, sequence: own.sequence[job]! }
                : anySequence(random);
            const pair = await draw(drawn);
            if (pair) return { pair, source: datasets[drawn.dataset]!.name };
          }
          throw nothingUsable(attempts, lost, readings.unreadable);
        },
      };
    },
  };
}

/** A recent view of the target is at most so many frames from the search frame. */
const RECENT_FRAMES = 10;

/** Template and search frame of one object, each uniform over the frames that may serve (specification 3.3). */
function drawFrames(
  sequence: DatasetSequence,
  {
    maxGap,
    mode,
    wantsReference,
  }: Pick<DatasetPairs, "maxGap" | "mode"> & { readonly wantsReference?: boolean },
  random: Random,
): { template: FramePick; search: FramePick; reference?: FramePick } | undefined {
  const object = random.choice(sequence.objects);
  const mask = Array.from({ length: sequence.length }, (_, frame) => object.present(frame));
  const shown = mask.flatMap((present, frame) => (present ? [frame] : []));
  if (shown.length === 0) return undefined;
  const template = random.choice(shown);
  const candidates = searchCandidates({ length: sequence.length, template, range: maxGap, mask, mode });
  const search = candidates.length > 0 ? random.choice(candidates) : template;
  const frames = { template: pick(sequence, object, template), search: pick(sequence, object, search) };
  if (!wantsReference) return frames;
  const recent = shown.filter((frame) => frame !== search && Math.abs(frame - search) <= RECENT_FRAMES);
  return recent.length > 0 ? { ...frames, reference: pick(sequence, object, random.choice(recent)) } : frames;
}

function pick(sequence: DatasetSequence, object: DatasetObject, frame: number): FramePick {
  return { path: sequence.framePath(frame), box: object.box(frame) };
}

/** Undefined where the box turns out to lie outside the picture. */
function view(read: Pick<View, "frame" | "padding">, { box }: FramePick, present: boolean): View | undefined {
  const clipped = clipToImage(box, read.frame);
  return isValidBox(clipped) ? { ...read, box: clipped, present } : undefined;
}

function nothingUsable(attempts: number, lost: number, unreadable: readonly string[]): LoratError {
  if (lost === attempts) {
    return new LoratError("DATA_UNREADABLE", `the pictures of ${attempts} pairs in a row cannot be read`, {
      issues: unreadable.slice(0, 20),
    });
  }
  return new LoratError("DATA_NO_PAIR", `no usable training pair came out of ${attempts} draws`, {
    hint: "Check that the boxes lie inside their pictures and are not tiny.",
    issues: unreadable.slice(0, 20),
  });
}
