import type { AnnotationSource } from "./annotation-source.ts";
import type { RawSequence } from "./raw.ts";

/** One sequence that can be read; some annotations turn out to hold several. */
export interface SequenceEntry {
  /** By which a list chooses it. */
  readonly name: string;
  read(): Promise<readonly RawSequence[]>;
}

/** How a kind of dataset is read. */
export interface DatasetReader {
  /** The layout in a few words, for who gave a folder of another kind. */
  readonly layout: string;
  /** Its parts, the usual training part first; none where it has no parts. */
  readonly splits: readonly string[];
  /** What can be read, in the dataset's own order; nothing where the folder is not laid out like this kind. */
  entries(source: AnnotationSource, splits: readonly string[]): Promise<readonly SequenceEntry[]>;
}
