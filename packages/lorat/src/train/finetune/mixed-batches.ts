import type { TrainingBatch } from "@lorat/core/training";
import type { Loader } from "../../sampling/loader.ts";

/** Batches that a training takes one after the other. */
export interface Batches {
  /** The next batch. Rejects with what the loaders reject with. */
  next(): Promise<TrainingBatch>;
  dispose(): Promise<void>;
}

/** One batch out of the next ones of several loaders, in their order: a part from each. */
export function mixedBatches(loaders: readonly Loader[]): Batches {
  return {
    next: async () => joined(await Promise.all(loaders.map((loader) => loader.next()))),
    async dispose() {
      await Promise.all(loaders.map((loader) => loader.dispose()));
    },
  };
}

function joined(parts: readonly TrainingBatch[]): TrainingBatch {
  const all = (array: (part: TrainingBatch) => Float32Array): Float32Array => {
    const arrays = parts.map(array);
    const whole = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const own of arrays) {
      whole.set(own, at);
      at += own.length;
    }
    return whole;
  };
  const positives = all((part) => part.positives);
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    template: all((part) => part.template),
    search: all((part) => part.search),
    templateMask: all((part) => part.templateMask),
    reference: parts[0]?.reference && all((part) => part.reference!),
    referenceMask: parts[0]?.referenceMask && all((part) => part.referenceMask!),
    positives,
    boxes: all((part) => part.boxes),
    positiveCount: Math.max(
      positives.reduce((sum, value) => sum + value, 0),
      1,
    ),
  };
}
