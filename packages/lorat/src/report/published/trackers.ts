import type { PublishedSource } from "./sources.ts";

/** Figures in percent as a paper prints them; those that it does not print are left out. */
export interface PublishedFigures {
  readonly suc?: number;
  readonly pNorm?: number;
  readonly p?: number;
  readonly ao?: number;
  readonly sr50?: number;
  readonly sr75?: number;
}

/** Benchmarks with published figures, named as kinds of datasets are. */
export type PublishedBenchmark = "lasot" | "lasot_ext" | "trackingnet" | "got10k" | "tnl2k" | "vasttrack";

/** A tracker as others published it. */
export interface PublishedTracker {
  readonly name: string;
  /** What the poster calls it, where that is less. */
  readonly onPoster?: string;
  readonly benchmarks: Readonly<Partial<Record<PublishedBenchmark, PublishedFigures>>>;
  readonly sources: readonly PublishedSource[];
}

/**
 * Published results to stand above a new tracker's row. Every number was read in the source that is named; what none of them
 * prints stays empty. The five benchmarks are the poster's comparison cell for cell, VastTrack is from the other sources.
 */
export const PUBLISHED: readonly PublishedTracker[] = [
  {
    name: "OSTrack-384",
    onPoster: "OSTrack",
    sources: ["poster", "loratV2"],
    benchmarks: {
      lasot: { suc: 71.1, pNorm: 81.1, p: 77.6 },
      lasot_ext: { suc: 50.5, pNorm: 61.3, p: 57.6 },
      trackingnet: { suc: 83.9, pNorm: 88.5, p: 83.2 },
      got10k: { ao: 73.7, sr50: 83.2, sr75: 70.8 },
      tnl2k: { suc: 55.9, p: 56.7 },
      vasttrack: { suc: 33.6, p: 31.5 },
    },
  },
  {
    name: "SwinTrack-384",
    onPoster: "SwinTrack",
    sources: ["poster", "loratV2"],
    benchmarks: {
      lasot: { suc: 71.3, p: 76.5 },
      lasot_ext: { suc: 49.1, p: 55.6 },
      trackingnet: { suc: 84.0, p: 82.8 },
      got10k: { ao: 72.4, sr50: 80.5, sr75: 67.8 },
      tnl2k: { suc: 55.9, p: 57.1 },
      vasttrack: { suc: 33.0, p: 30.3 },
    },
  },
  {
    name: "DropTrack",
    sources: ["poster"],
    benchmarks: {
      lasot: { suc: 71.8, pNorm: 81.8, p: 78.1 },
      lasot_ext: { suc: 52.7, pNorm: 63.9, p: 60.2 },
      got10k: { ao: 75.9, sr50: 86.8, sr75: 72.0 },
      tnl2k: { suc: 56.9, p: 57.9 },
    },
  },
  {
    name: "SeqTrack-L-384",
    onPoster: "SeqTrack",
    sources: ["poster", "loratV2"],
    benchmarks: {
      lasot: { suc: 72.5, pNorm: 81.5, p: 79.3 },
      lasot_ext: { suc: 50.7, pNorm: 61.6, p: 57.5 },
      trackingnet: { suc: 85.5, pNorm: 89.8, p: 85.8 },
      got10k: { ao: 74.8, sr50: 81.9, sr75: 72.2 },
      tnl2k: { suc: 57.8 },
      vasttrack: { suc: 39.6, p: 40.2 },
    },
  },
  {
    name: "ARTrack-L-384",
    onPoster: "ARTrack",
    sources: ["poster", "loratV2"],
    benchmarks: {
      lasot: { suc: 73.1, pNorm: 82.2, p: 80.3 },
      lasot_ext: { suc: 52.8, pNorm: 62.9, p: 59.7 },
      trackingnet: { suc: 85.6, pNorm: 89.6, p: 86.0 },
      got10k: { ao: 78.5, sr50: 87.4, sr75: 77.8 },
      tnl2k: { suc: 60.3 },
      vasttrack: { suc: 35.6, p: 32.4 },
    },
  },
  {
    name: "ODTrack-L-384",
    sources: ["loratV2"],
    benchmarks: {
      lasot: { suc: 74.0, pNorm: 84.2, p: 82.3 },
      tnl2k: { suc: 61.7 },
      got10k: { ao: 78.2, sr50: 87.2, sr75: 77.3 },
    },
  },
  {
    name: "CiteTracker-384",
    onPoster: "CiteTracker",
    sources: ["poster"],
    benchmarks: {
      lasot: { suc: 69.7, pNorm: 78.6, p: 75.7 },
      trackingnet: { suc: 84.5, pNorm: 89.0, p: 84.2 },
      got10k: { ao: 74.7, sr50: 84.3, sr75: 73.0 },
      tnl2k: { suc: 57.7, p: 59.6 },
    },
  },
  {
    name: "MixViT-L-384",
    onPoster: "MixViT",
    sources: ["poster", "loratV2"],
    benchmarks: {
      lasot: { suc: 72.4, pNorm: 82.2, p: 80.1 },
      trackingnet: { suc: 85.4, pNorm: 90.2, p: 85.7 },
      got10k: { ao: 75.7, sr50: 85.3, sr75: 75.1 },
      vasttrack: { suc: 39.5, p: 39.8 },
    },
  },
  {
    name: "LoRAT-B-224",
    sources: ["poster", "loratRepository"],
    benchmarks: {
      lasot: { suc: 71.7, pNorm: 80.9, p: 77.3 },
      lasot_ext: { suc: 50.3, pNorm: 61.6, p: 57.1 },
      trackingnet: { suc: 83.5, pNorm: 87.9, p: 82.1 },
      got10k: { ao: 72.1, sr50: 81.8, sr75: 70.7 },
      tnl2k: { suc: 58.8, p: 61.3 },
      vasttrack: { suc: 38.7, pNorm: 41.1, p: 37.8 },
    },
  },
  {
    name: "LoRAT-B-378",
    sources: ["poster", "loratRepository"],
    benchmarks: {
      lasot: { suc: 72.9, pNorm: 81.9, p: 79.1 },
      lasot_ext: { suc: 53.1, pNorm: 64.8, p: 60.6 },
      trackingnet: { suc: 84.2, pNorm: 88.4, p: 83.0 },
      got10k: { ao: 73.7, sr50: 82.6, sr75: 72.9 },
      tnl2k: { suc: 59.9, p: 63.7 },
      vasttrack: { suc: 40.4, pNorm: 43.4, p: 40.7 },
    },
  },
  {
    name: "LoRAT-L-224",
    sources: ["poster", "loratRepository"],
    benchmarks: {
      lasot: { suc: 74.2, pNorm: 83.6, p: 80.9 },
      lasot_ext: { suc: 52.8, pNorm: 64.7, p: 60.0 },
      trackingnet: { suc: 85.0, pNorm: 89.5, p: 84.4 },
      got10k: { ao: 75.7, sr50: 84.9, sr75: 75.0 },
      tnl2k: { suc: 61.1, p: 65.1 },
      vasttrack: { suc: 41.6, pNorm: 45.0, p: 42.3 },
    },
  },
  {
    name: "LoRAT-L-378",
    sources: ["poster", "loratRepository"],
    benchmarks: {
      lasot: { suc: 75.1, pNorm: 84.1, p: 82.0 },
      lasot_ext: { suc: 56.6, pNorm: 69.0, p: 65.1 },
      trackingnet: { suc: 85.6, pNorm: 89.7, p: 85.4 },
      got10k: { ao: 77.5, sr50: 86.2, sr75: 78.1 },
      tnl2k: { suc: 62.3, p: 67.0 },
      vasttrack: { suc: 43.9, pNorm: 47.7, p: 45.8 },
    },
  },
  {
    name: "LoRAT-g-224",
    sources: ["poster", "loratRepository"],
    benchmarks: {
      lasot: { suc: 74.9, pNorm: 84.5, p: 82.3 },
      lasot_ext: { suc: 53.3, pNorm: 65.4, p: 61.1 },
      trackingnet: { suc: 85.2, pNorm: 89.8, p: 85.1 },
      got10k: { ao: 77.7, sr50: 87.7, sr75: 77.7 },
      tnl2k: { suc: 61.8, p: 66.6 },
      vasttrack: { suc: 43.0, pNorm: 47.2, p: 44.7 },
    },
  },
  {
    name: "LoRAT-g-378",
    sources: ["poster", "loratRepository"],
    benchmarks: {
      lasot: { suc: 76.2, pNorm: 85.3, p: 83.5 },
      lasot_ext: { suc: 56.5, pNorm: 69.0, p: 64.9 },
      trackingnet: { suc: 86.0, pNorm: 90.2, p: 86.1 },
      got10k: { ao: 78.9, sr50: 87.8, sr75: 80.7 },
      tnl2k: { suc: 62.7, p: 67.8 },
      vasttrack: { suc: 46.0, pNorm: 50.4, p: 48.8 },
    },
  },
];
