import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { LoratError, nearestName } from "@lorat/graph";
import type { PresetOptions } from "./preset.ts";

/** Folder below `--data` of each dataset that the paper trains on. */
const folders = { lasot: "LaSOT", trackingnet: "TrackingNet", got10k: "GOT-10k", coco: "COCO" } as const;

/** The paper's training datasets, by their kinds. */
export type PaperDataset = keyof typeof folders;

/**
 * Where datasets are, as `KIND:PATH`, from `--data` and `--dataset`. Throws `DATA_PLACE`, naming every one that is not there.
 */
export function datasetPlaces<K extends PaperDataset>(
  kinds: readonly K[],
  { data, datasets = {} }: PresetOptions,
): Record<K, string> {
  const problems: string[] = [];
  for (const kind of Object.keys(datasets)) {
    if (kind in folders) continue;
    const near = nearestName(kind, Object.keys(folders));
    problems.push(`there is no dataset "${kind}" here${near ? `, did you mean "${near}"?` : ""}`);
  }
  const places = kinds.map((kind) => {
    const place = datasets[kind] ?? (data === undefined ? undefined : join(data, folders[kind]));
    if (place === undefined) problems.push(`${kind}: no place is given`);
    else if (!existsSync(place)) problems.push(`${kind}: there is nothing at ${place}`);
    return [kind, `${kind}:${resolve(place ?? "")}`] as const;
  });
  if (problems.length > 0) {
    throw new LoratError("DATA_PLACE", "not all training datasets were found", {
      issues: problems,
      hint: `give --data DIR with ${kinds.map((kind) => `DIR/${folders[kind]}`).join(", ")}, or --dataset ${kinds[0]}=PATH`,
    });
  }
  return Object.fromEntries(places) as Record<K, string>;
}
