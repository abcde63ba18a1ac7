import type { Dataset, DatasetSequence } from "./dataset.ts";

/** A part of a dataset. */
interface DatasetPart {
  /** Positions of the sequences to keep; default: all. */
  readonly only?: readonly number[];
  /** Share of each sequence's frames to keep, from the first on; default: 1. */
  readonly frameShare?: number;
}

/** The part of a dataset; sequences in which nothing is shown any more are left out. Throws `RangeError` as the dataset does. */
export function partOf(dataset: Dataset, { only, frameShare = 1 }: DatasetPart): Dataset {
  if (only === undefined && frameShare === 1) return dataset;
  const positions = only ?? Array.from({ length: dataset.length }, (_, i) => i);
  const sequences = positions
    .map((position) => shortened(dataset.sequence(position), frameShare))
    .filter(({ objects }) => objects.length > 0);
  return {
    name: dataset.name,
    kind: dataset.kind,
    fingerprint: `${dataset.fingerprint}/${positions.join(",")}/${frameShare}`,
    length: sequences.length,
    sequence(index) {
      const sequence = sequences[index];
      if (!sequence) throw new RangeError(`there is no sequence ${index} in this part of ${dataset.name}`);
      return sequence;
    },
  };
}

function shortened(sequence: DatasetSequence, share: number): DatasetSequence {
  if (share === 1) return sequence;
  const length = Math.max(1, Math.floor(sequence.length * share));
  const objects = sequence.objects.filter(({ present }) => {
    for (let frame = 0; frame < length; frame++) if (present(frame)) return true;
    return false;
  });
  return { ...sequence, length, objects };
}
