import type { DatasetKind } from "../dataset.ts";

/** Kinds of datasets that trackers are scored on. */
export const SCORED_KINDS = [
  "lasot",
  "lasot_ext",
  "trackingnet",
  "got10k",
  "tnl2k",
  "vasttrack",
  "otb",
  "uav123",
  "nfs",
  "tc128",
  "vot",
  "folder",
] as const satisfies readonly DatasetKind[];
export type ScoredKind = (typeof SCORED_KINDS)[number];

/** What scoring has to know of a benchmark beside its layout. */
export interface Benchmark {
  /** For headings. */
  readonly title: string;
  /** The part that results are for; undefined where there are no parts. */
  readonly split?: string;
  /** Number of the first pixel in the benchmark's own files, whose convention results follow. */
  readonly firstPixel: 0 | 1;
  /** What trackers put in front of sequences' names (specification 5.4). */
  readonly prefixes?: readonly string[];
  /** Attributes in the order of the columns of the benchmark's files. */
  readonly attributes?: readonly string[];
  /** Sequences with more flags than boxes in the benchmark's own files: how many more. */
  readonly spareFlags?: Readonly<Record<string, number>>;
}

const words = (text: string) => text.split(" ");

export const BENCHMARKS: Readonly<Record<ScoredKind, Benchmark>> = {
  lasot: {
    title: "LaSOT",
    split: "test",
    firstPixel: 1,
    attributes: words("IV POC DEF MB CM ROT BC VC SV FOC FM OV LR ARC"),
  },
  lasot_ext: {
    title: "LaSOT extension",
    firstPixel: 0,
    attributes: words("IV POC DEF MB CM ROT BC VC SV FOC FM OV LR ARC"),
  },
  trackingnet: { title: "TrackingNet", split: "test", firstPixel: 0 },
  got10k: { title: "GOT-10k", split: "val", firstPixel: 0 },
  tnl2k: {
    title: "TNL2K",
    firstPixel: 0,
    attributes: words("CM ROT DEF FOC IV OV POC VC SV BC MB ARC LR FM AS TC MS"),
    spareFlags: { advSamp_monitor_bikeyellow: 1 },
  },
  vasttrack: { title: "VastTrack", firstPixel: 1 },
  otb: { title: "OTB", firstPixel: 1 },
  uav123: {
    title: "UAV123",
    firstPixel: 1,
    prefixes: ["uav_"],
    attributes: words("IV SV POC FOC OV FM CM BC SOB ARC VC LR"),
  },
  nfs: { title: "Need for Speed", firstPixel: 0, prefixes: ["nfs_"] },
  tc128: { title: "TempleColor-128", firstPixel: 1, prefixes: ["tpl_"] },
  vot: { title: "VOT", firstPixel: 0 },
  folder: { title: "sequences", firstPixel: 0 },
};

/** True where a kind of dataset can be scored. */
export function isScored(kind: DatasetKind): kind is ScoredKind {
  return (SCORED_KINDS as readonly string[]).includes(kind);
}
