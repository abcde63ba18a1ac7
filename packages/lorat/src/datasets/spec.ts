import { resolve } from "node:path";
import { LoratError, nearestName } from "@lorat/graph";
import { DATASET_KINDS, type DatasetKind } from "./dataset.ts";

/** A dataset as it is named on the command line. */
export interface DatasetSpec {
  readonly kind: DatasetKind;
  /** Absolute. */
  readonly path: string;
}

/** A dataset and what is wanted of it. */
export interface DatasetRequest {
  /** `KIND:PATH`, such as `lasot:/data/LaSOT`. */
  readonly dataset: string;
  /** Part of the dataset, where it has parts: `train`, `val`, `test`; default: its usual training part. */
  readonly split?: string | undefined;
  /** File with the names, or the positions in the dataset's own order, of the sequences to use; one a line. */
  readonly list?: string | undefined;
}

/** Reads `KIND:PATH`. Throws `DATASET_KIND` for an unknown kind, suggesting the nearest, and for a missing path. */
export function parseDatasetSpec(text: string): DatasetSpec {
  const colon = text.indexOf(":");
  const kind = text.slice(0, colon < 0 ? undefined : colon).trim();
  const path = colon < 0 ? "" : text.slice(colon + 1).trim();
  if (!(DATASET_KINDS as readonly string[]).includes(kind)) {
    const near = nearestName(kind, DATASET_KINDS);
    throw new LoratError(
      "DATASET_KIND",
      `${JSON.stringify(text)}: expected KIND:PATH, found no kind of dataset named ${JSON.stringify(kind)}`,
      { hint: `${near ? `Did you mean ${near}? ` : ""}The kinds are ${DATASET_KINDS.join(", ")}.` },
    );
  }
  if (path === "") {
    throw new LoratError("DATASET_KIND", `${JSON.stringify(text)}: expected KIND:PATH, found no path`, {
      hint: `For example ${kind}:/data/${kind}.`,
    });
  }
  return { kind: kind as DatasetKind, path: resolve(path) };
}
