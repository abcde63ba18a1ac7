import type { ScoredKind } from "../../datasets/annotations/benchmark.ts";

/** Figures in percent as a paper prints them; those that it does not print are left out. */
export interface PublishedFigures {
  readonly suc?: number;
  readonly pNorm?: number;
  readonly p?: number;
  readonly ao?: number;
  readonly sr50?: number;
  readonly sr75?: number;
}

/** A tracker as others published it. */
export interface PublishedTracker {
  readonly name: string;
  readonly benchmarks: Readonly<Partial<Record<ScoredKind, PublishedFigures>>>;
  /** Multiply-accumulates of one frame, in units of 10^9. */
  readonly gmacs?: number;
  /** On the authors' own GPU. */
  readonly framesPerSecond?: number;
  /** Positions in {@link PUBLISHED_SOURCES}. */
  readonly sources: readonly number[];
}

export const PUBLISHED_SOURCES: readonly string[] = [
  "LoRAT's paper (arXiv 2403.05231), abstract and efficiency table",
  "LoRAT's repository, table of VastTrack",
  "LoRATv2's paper (OpenReview q06YjUj0FB), table 1",
  "DreamTrack's paper, table of LaSOT, its extension, GOT-10k, TrackingNet and TNL2K",
];

const lasot = (suc: number, pNorm: number | undefined, p: number): PublishedFigures => ({
  suc,
  ...(pNorm !== undefined && { pNorm }),
  p,
});
const got10k = (ao: number, sr50: number, sr75: number): PublishedFigures => ({ ao, sr50, sr75 });
const tnl2k = (suc: number, p?: number): PublishedFigures => ({ suc, ...(p !== undefined && { p }) });
const vasttrack = (suc: number, p: number, pNorm?: number): PublishedFigures => ({
  suc,
  ...(pNorm !== undefined && { pNorm }),
  p,
});

/**
 * Published results to stand above a new tracker's row. Every number was read in the source that is named; what none of them
 * prints stays empty.
 */
export const PUBLISHED: readonly PublishedTracker[] = [
  {
    name: "OSTrack-384",
    sources: [2],
    benchmarks: {
      lasot: lasot(71.1, 81.1, 77.6),
      tnl2k: tnl2k(55.9, 56.7),
      got10k: got10k(73.7, 83.2, 70.8),
      vasttrack: vasttrack(33.6, 31.5),
    },
  },
  {
    name: "SwinTrack-384",
    sources: [2],
    benchmarks: {
      lasot: lasot(71.3, undefined, 76.5),
      tnl2k: tnl2k(55.9, 57.1),
      got10k: got10k(72.4, 80.5, 67.8),
      vasttrack: vasttrack(33.0, 30.3),
    },
  },
  {
    name: "CiteTracker-384",
    sources: [2],
    benchmarks: {
      lasot: lasot(69.7, 78.6, 75.7),
      tnl2k: tnl2k(57.7, 59.6),
      got10k: got10k(74.7, 84.3, 73.0),
    },
  },
  {
    name: "MixViT-L-384",
    sources: [2],
    benchmarks: {
      lasot: lasot(72.4, 82.2, 80.1),
      got10k: got10k(75.7, 85.3, 75.1),
      vasttrack: vasttrack(39.5, 39.8),
    },
  },
  {
    name: "SeqTrack-L-384",
    sources: [2],
    benchmarks: {
      lasot: lasot(72.5, 81.5, 79.3),
      tnl2k: tnl2k(57.8),
      got10k: got10k(74.8, 81.9, 72.2),
      vasttrack: vasttrack(39.6, 40.2),
    },
  },
  {
    name: "ARTrack-L-384",
    sources: [2, 3],
    benchmarks: {
      lasot: lasot(73.1, 82.2, 80.3),
      lasot_ext: lasot(52.8, 62.9, 59.7),
      trackingnet: lasot(85.6, 89.6, 86.0),
      tnl2k: tnl2k(60.3),
      got10k: got10k(78.5, 87.4, 77.8),
      vasttrack: vasttrack(35.6, 32.4),
    },
  },
  {
    name: "ODTrack-L-384",
    sources: [2],
    benchmarks: { lasot: lasot(74.0, 84.2, 82.3), tnl2k: tnl2k(61.7), got10k: got10k(78.2, 87.2, 77.3) },
  },
  {
    name: "LoRAT-B-224",
    sources: [0, 1, 2, 3],
    gmacs: 30,
    benchmarks: {
      lasot: lasot(71.7, 80.9, 77.3),
      lasot_ext: lasot(50.3, 61.6, 57.1),
      trackingnet: lasot(83.5, 87.9, 82.1),
      tnl2k: tnl2k(58.8, 61.3),
      got10k: got10k(72.1, 81.8, 70.7),
      vasttrack: vasttrack(38.7, 37.8, 41.1),
    },
  },
  { name: "LoRAT-B-378", sources: [0, 1], gmacs: 97, benchmarks: { vasttrack: vasttrack(40.4, 40.7, 43.4) } },
  {
    name: "LoRAT-L-224",
    sources: [0, 1],
    gmacs: 103,
    framesPerSecond: 119,
    benchmarks: { lasot: { suc: 74.2 }, vasttrack: vasttrack(41.6, 42.3, 45.0) },
  },
  {
    name: "LoRAT-L-378",
    sources: [0, 1, 2, 3],
    gmacs: 325,
    benchmarks: {
      lasot: lasot(75.1, 84.1, 82.0),
      lasot_ext: lasot(56.6, 69.0, 65.1),
      trackingnet: lasot(85.6, 89.7, 85.4),
      tnl2k: tnl2k(62.3, 67.0),
      got10k: got10k(77.5, 86.2, 78.1),
      vasttrack: vasttrack(43.9, 45.8, 47.7),
    },
  },
  {
    name: "LoRAT-g-224",
    sources: [0, 1],
    gmacs: 378,
    benchmarks: { vasttrack: vasttrack(43.0, 44.7, 47.2) },
  },
  {
    name: "LoRAT-g-378",
    sources: [0, 1],
    gmacs: 1161,
    benchmarks: { vasttrack: vasttrack(46.0, 48.8, 50.4) },
  },
];
