import type { PublishedFigures } from "./trackers.ts";

/** A row of the poster's ablation of input embeddings, on LoRAT-L. */
export interface PublishedAblationRow {
  /** As the poster counts them. */
  readonly row: number;
  /** The row of `lorat ablate embeddings` that it is. */
  readonly name: "separate" | "shared" | "types" | "foreground";
  readonly sharedPositions: boolean;
  readonly typeEmbedding: boolean;
  readonly foreground: boolean;
  /** Pixels of the search region's side. */
  readonly resolution: 224 | 378;
  readonly lasot: Required<Pick<PublishedFigures, "suc" | "p">>;
  readonly lasot_ext: Required<Pick<PublishedFigures, "suc" | "p">>;
  readonly tnl2k: Required<Pick<PublishedFigures, "suc" | "p">>;
}

/** The poster's ablation of input embeddings; rows 4 and 6 are LoRAT-L-224 and LoRAT-L-378. */
export const PUBLISHED_EMBEDDINGS: readonly PublishedAblationRow[] = [
  {
    row: 1,
    name: "separate",
    sharedPositions: false,
    typeEmbedding: false,
    foreground: false,
    resolution: 224,
    lasot: { suc: 73.5, p: 80.2 },
    lasot_ext: { suc: 51.8, p: 59.1 },
    tnl2k: { suc: 60.7, p: 64.4 },
  },
  {
    row: 2,
    name: "shared",
    sharedPositions: true,
    typeEmbedding: false,
    foreground: false,
    resolution: 224,
    lasot: { suc: 73.8, p: 80.6 },
    lasot_ext: { suc: 53.7, p: 61.4 },
    tnl2k: { suc: 60.6, p: 64.5 },
  },
  {
    row: 3,
    name: "types",
    sharedPositions: true,
    typeEmbedding: true,
    foreground: false,
    resolution: 224,
    lasot: { suc: 74.0, p: 80.7 },
    lasot_ext: { suc: 52.4, p: 59.6 },
    tnl2k: { suc: 60.7, p: 64.7 },
  },
  {
    row: 4,
    name: "foreground",
    sharedPositions: true,
    typeEmbedding: true,
    foreground: true,
    resolution: 224,
    lasot: { suc: 74.2, p: 80.9 },
    lasot_ext: { suc: 52.8, p: 60.0 },
    tnl2k: { suc: 61.1, p: 65.1 },
  },
  {
    row: 5,
    name: "types",
    sharedPositions: true,
    typeEmbedding: true,
    foreground: false,
    resolution: 378,
    lasot: { suc: 74.4, p: 82.6 },
    lasot_ext: { suc: 55.2, p: 63.2 },
    tnl2k: { suc: 62.3, p: 67.1 },
  },
  {
    row: 6,
    name: "foreground",
    sharedPositions: true,
    typeEmbedding: true,
    foreground: true,
    resolution: 378,
    lasot: { suc: 75.1, p: 82.0 },
    lasot_ext: { suc: 56.6, p: 65.1 },
    tnl2k: { suc: 62.3, p: 67.0 },
  },
];
