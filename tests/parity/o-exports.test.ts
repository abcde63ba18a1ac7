import { describe, expect, it } from "vitest";
import type { ScoredKind } from "../../packages/lorat/src/datasets/annotations/benchmark.ts";
import {
  type ExportFormat,
  exportArchives,
  votRectangle,
} from "../../packages/lorat/src/evaluate/exports/index.ts";
import { fixtureJson } from "./fixtures.ts";

interface Fixture {
  boxes_xyxy: [number, number, number, number][];
  time_cost_s: number[];
  /** Texts by archive, which is named FORMAT_RUNS, FORMAT_KIND_RUNS, or with a run's number behind. */
  files: Record<string, Record<string, string>>;
  vot_rectangle_xywh: number[][];
}

const fixture = fixtureJson<Fixture>("o_exports");
const corners = Float64Array.from(fixture.boxes_xyxy.flat());
const seconds = Float64Array.from(fixture.time_cost_s);

/** What an archive of the fixture is: format, kind of dataset, number of runs, and whose run where it holds one of several. */
function described(archive: string): {
  format: ExportFormat;
  kind: ScoredKind;
  runs: number;
  run: number | undefined;
} {
  const [, name, kind, runs, run] =
    /^(GOT10k|TrackingNet|PyTracking|OTB)(?:_([A-Za-z]\w*?))?_(\d)(?:_?(\d{3}))?\.zip$/.exec(archive) ?? [];
  const formats: Record<string, [ExportFormat, ScoredKind]> = {
    GOT10k: ["got10k", "got10k"],
    TrackingNet: ["trackingnet", "trackingnet"],
    PyTracking: ["pytracking", "otb"],
    OTB: ["otb", "otb"],
  };
  const kinds: Record<string, ScoredKind> = {
    LaSOT: "lasot",
    VastTrack: "vasttrack",
    TNL2K: "tnl2k",
    UAV: "uav123",
    NFS: "nfs",
  };
  const [format, usual] = formats[name ?? ""] ?? [];
  if (!format || !usual) throw new Error(`${archive}: not an archive that this test knows`);
  return {
    format,
    kind: (kind !== undefined && kinds[kind]) || usual,
    runs: Number(runs),
    run: run === undefined ? undefined : Number(run),
  };
}

describe("o: exports", () => {
  for (const [archive, expected] of Object.entries(fixture.files)) {
    it(archive, () => {
      const { format, kind, runs, run } = described(archive);
      const [first] = Object.keys(expected);
      const [tracker, ...rest] = first!.split("/");
      const sequence =
        format === "got10k" || format === "trackingnet" ? rest[0]! : rest[0]!.replace(/\.txt$/, "");
      const name = tracker!.replace(/_tracking_result$/, "").replace(runs > 1 ? /_\d{3}$/ : /$^/, "");
      const one = [{ name: sequence, corners, seconds }];
      const made = exportArchives(format, {
        tracker: name,
        kind,
        runs: Array.from({ length: runs }, () => one),
      });
      const names = [...made.keys()];
      const wanted =
        run === undefined
          ? names[0]!
          : names.find((file) => file.endsWith(`${String(run).padStart(3, "0")}.zip`))!;
      expect(Object.fromEntries(made.get(wanted)!)).toEqual(expected);
    });
  }

  it("VOT's rectangles", () => {
    expect(fixture.boxes_xyxy.map((box) => votRectangle(...box))).toEqual(fixture.vot_rectangle_xywh);
  });
});
