import { join } from "node:path";
import { expect, it } from "vitest";
import * as lorat from "./index.ts";
import { withFolder } from "./testing/clips.ts";
import { writeTree } from "./testing/dataset-trees.ts";
import { tinyVariant, writeTinyFiles } from "./testing/model-weights.ts";

const rows = (drift: number) =>
  Array.from({ length: 20 }, (_, i) => `${10 + i * (1 + drift)},20,30,40\n`).join("");

it("has a function for each thing that the command line does", () => {
  const verbs = [
    ...[
      "calibrate",
      "compare",
      "convert",
      "evaluate",
      "exportOnnx",
      "exportRun",
      "finetune",
      "loadTracker",
      "pull",
    ],
    ...["quantise", "replayRecord", "score", "synthesise", "track", "train", "writeSequence"],
  ];
  expect(Object.keys(lorat)).toEqual(expect.arrayContaining(verbs));
});

it("scores and compares result files", () =>
  withFolder(async (folder) => {
    await writeTree(folder, {
      "truth/airplane/airplane-1/groundtruth.txt": rows(0),
      "truth/airplane/airplane-1/full_occlusion.txt": "0".repeat(20).split("").join(","),
      "truth/airplane/airplane-1/out_of_view.txt": "0".repeat(20).split("").join(","),
      "steady/airplane-1.txt": rows(0),
      "drifting/airplane-1.txt": rows(0.4),
    });
    const dataset = `lasot:${join(folder, "truth")}`;
    const [steady, drifting] = ["steady", "drifting"].map((name) => join(folder, name)) as [string, string];
    const perfect = await lorat.score({ dataset, results: steady });
    // The toolkit's curve counts overlaps above its threshold, so that 1 itself is never counted: 20 of 21.
    expect(perfect.overall.scores.auc).toBeCloseTo(20 / 21, 6);
    const worse = await lorat.score({ dataset, results: drifting });
    expect(worse.overall.scores.auc).toBeLessThan(0.95);
    await expect(lorat.score({ dataset, results: join(folder, "none") })).rejects.toThrow(lorat.LoratError);
    const unknown = lorat.score({ dataset, results: steady, protocol: "nobody's" as "toolkit" });
    await expect(unknown).rejects.toMatchObject({ code: "METRICS_PROTOCOL" });
    const { trackers } = await lorat.compare({ datasets: [dataset], results: [steady, drifting] });
    expect(trackers.map(({ name }) => name)).toEqual(["steady", "drifting"]);
    expect(trackers.map(({ scores }) => scores[0]?.overall.scores.auc)).toEqual([
      perfect.overall.scores.auc,
      worse.overall.scores.auc,
    ]);
  }));

it("converts weights with its products on ONNX Runtime", () =>
  withFolder(async (folder) => {
    const { dinov2, trainable } = await writeTinyFiles(folder);
    const { manifest } = await lorat.convert({
      files: [dinov2, trainable],
      outDir: join(folder, "model"),
      variant: tinyVariant,
    });
    expect(manifest).toMatchObject({ kind: "tracker", variant: { name: tinyVariant.name } });
  }));
