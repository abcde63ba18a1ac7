import { createHash } from "node:crypto";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { userCacheFolder } from "../files/user-cache.ts";
import { type AnnotationSource, watchPath } from "./annotation-source.ts";
import { type BuildOptions, buildColumns } from "./build-columns.ts";
import { CLEANING_VERSION } from "./clean.ts";
import type { DatasetColumns } from "./columns.ts";
import { fingerprintOf } from "./columns-builder.ts";
import {
  type DatasetIndex,
  decodeIndex,
  encodeIndex,
  INDEX_VERSION,
  readShared,
  writeIndex,
} from "./index-file.ts";
import { chooseDataset, describeChoice, openEntries } from "./open-entries.ts";
import type { DatasetRequest, DatasetSpec } from "./spec.ts";

export interface OpenDatasetOptions extends Partial<BuildOptions> {
  /** Where indexes and unpacked videos are kept. Default: `LORAT_CACHE`, else the user's cache folder. */
  readonly cacheDir?: string;
  /** Told how it went; for reports and tests. */
  readonly onOpened?: (outcome: { fromCache: boolean; filesRead: number }) => void;
}

/**
 * Opens a dataset for training: cleaned by the filters of specification 3.3, as columns that threads share. It is walked once
 * and kept as a single file; later only the state of its annotation files is looked at. A changed annotation, a changed
 * choice or a damaged file makes it walk again; where nothing can be kept it goes on with a warning.
 * Throws `DATASET_KIND`, `DATASET_NOT_FOUND`, `DATASET_LAYOUT`, `DATASET_SPLIT`, `DATASET_LIST`, `DATASET_EMPTY`, and for
 * annotations that cannot be used what the kind's reader throws, or `DATASET_ANNOTATIONS` for several.
 */
export async function openDataset(
  share: DatasetRequest,
  { cacheDir = userCacheFolder("datasets"), signal, onProgress, onOpened }: OpenDatasetOptions = {},
): Promise<DatasetColumns> {
  const choice = await chooseDataset(share);
  const { spec, splits, list } = choice;
  const key = JSON.stringify([CLEANING_VERSION, spec.kind, spec.path, splits, list ?? null]);
  const path = join(cacheDir, `${spec.kind}-${sha256(key).slice(0, 24)}.index`);

  const kept = await readValidIndex(path, sha256(key));
  if (kept) {
    onOpened?.({ fromCache: true, filesRead: 0 });
    return kept.columns;
  }
  const { source, entries } = await openEntries(choice, { signal });
  const bare = await buildColumns(source, entries, { cacheDir, signal, onProgress }, spec.kind);
  if (bare.lengths.length === 0) throw empty(source, spec, entries.length);
  const columns: DatasetColumns = {
    ...bare,
    name: describeChoice(choice),
    kind: spec.kind,
    root: source.root,
    fingerprint: fingerprintOf(bare, JSON.stringify([CLEANING_VERSION, spec.kind, splits])),
    warnings: source.warnings(),
  };
  onOpened?.({ fromCache: false, filesRead: source.filesRead });
  return keep(path, { columns, watched: source.watched }, sha256(key));
}

async function readValidIndex(path: string, key: string): Promise<DatasetIndex | undefined> {
  const bytes = await readShared(path);
  const index = bytes && decodeIndex(bytes, key);
  if (!index) return undefined;
  const { root } = index.columns;
  const isSame = index.watched.every((then) => {
    const now = watchPath(root, then.path);
    return now.size === then.size && now.modifiedMs === then.modifiedMs;
  });
  return isSame ? index : undefined;
}

/** Encodes and keeps an index; the columns are views of the shared memory that was written. */
async function keep(path: string, index: DatasetIndex, key: string): Promise<DatasetColumns> {
  const bytes = encodeIndex(index, { version: INDEX_VERSION, key });
  const { columns } = decodeIndex(bytes, key)!;
  try {
    await writeIndex(path, bytes);
    return columns;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...columns, warnings: [...columns.warnings, `the index cannot be kept: ${reason}`] };
  }
}

function empty(source: AnnotationSource, { path }: DatasetSpec, sequences: number): LoratError {
  return new LoratError(
    "DATASET_EMPTY",
    `${path}: none of ${sequences} sequences has a picture with a box in it`,
    { issues: source.warnings() },
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
