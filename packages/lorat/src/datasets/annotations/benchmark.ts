import type { DatasetKind } from "../dataset.ts";

/** One sequence's annotation, as scoring needs it. */
export interface AnnotatedSequence {
  readonly name: string;
  /** `[frames, 4]`: x, y, width, height, pixels counted as in the benchmark's own files; NaN where there is no box. */
  readonly truth: Float64Array;
  /** `[frames]`: 0 where the benchmark flags the target as absent; undefined without flags. */
  readonly visible?: Uint8Array | undefined;
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Path of a frame's picture; undefined where the annotation is there without its pictures. */
  readonly picture?: ((frame: number) => string) | undefined;
  /** Short names of its attributes. */
  readonly attributes: readonly string[];
}

/** A benchmark's annotation without its pictures. */
export interface AnnotationSet {
  readonly kind: ScoredKind;
  /** `KIND:PATH`. */
  readonly name: string;
  readonly sequences: readonly AnnotatedSequence[];
  /** All attributes in the benchmark's order; none where it has none. */
  readonly attributes: readonly string[];
  /** Oddities that do not keep it from being used. */
  readonly warnings: readonly string[];
}

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
  /** What trackers put in front of sequences' names (specification 5.4). */
  readonly prefixes?: readonly string[];
  /** Whether `NAME-2` is the second object of the video `NAME`, whose results may be named for the video alone. */
  readonly numbersObjects?: boolean;
  /** What trackers call the folder of results on it, lower case. */
  readonly resultFolders?: readonly string[];
  /** Attributes in the order of the columns of the benchmark's files. */
  readonly attributes?: readonly string[];
  /** Sequences with more flags than boxes in the benchmark's own files: how many more. */
  readonly spareFlags?: Readonly<Record<string, number>>;
}

const words = (text: string) => text.split(" ");

export const BENCHMARKS: Readonly<Record<ScoredKind, Benchmark>> = {
  lasot: {
    title: "LaSOT",
    resultFolders: words("lasot"),
    split: "test",
    attributes: words("IV POC DEF MB CM ROT BC VC SV FOC FM OV LR ARC"),
  },
  lasot_ext: {
    title: "LaSOT extension",
    resultFolders: words("lasot_ext lasot_extension_subset lasotext"),
    attributes: words("IV POC DEF MB CM ROT BC VC SV FOC FM OV LR ARC"),
  },
  trackingnet: { title: "TrackingNet", split: "test" },
  got10k: {
    title: "GOT-10k",
    resultFolders: words("got10k got10k_test got10k_val got-10k"),
    split: "val",
  },
  tnl2k: {
    title: "TNL2K",
    resultFolders: words("tnl2k"),
    attributes: words("CM ROT DEF FOC IV OV POC VC SV BC MB ARC LR FM AS TC MS"),
    spareFlags: { advSamp_monitor_bikeyellow: 1 },
  },
  vasttrack: { title: "VastTrack", resultFolders: words("vasttrack") },
  otb: { title: "OTB", numbersObjects: true, resultFolders: words("otb otb100 otb50") },
  uav123: {
    title: "UAV123",
    resultFolders: words("uav uav123"),
    prefixes: ["uav_"],
    attributes: words("IV SV POC FOC OV FM CM BC SOB ARC VC LR"),
  },
  nfs: { title: "Need for Speed", resultFolders: words("nfs"), prefixes: ["nfs_"] },
  tc128: { title: "TempleColor-128", resultFolders: words("tc128 tpl"), prefixes: ["tpl_"] },
  vot: { title: "VOT", resultFolders: words("vot") },
  folder: { title: "sequences" },
};

/** True where a kind of dataset can be scored. */
export function isScored(kind: DatasetKind): kind is ScoredKind {
  return (SCORED_KINDS as readonly string[]).includes(kind);
}
