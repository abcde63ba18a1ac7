import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFolder } from "../../testing/clips.ts";
import { writeTree } from "../../testing/dataset-trees.ts";
import { evaluationTree } from "./evaluation-tree.ts";

const record = JSON.stringify({
  format: "lorat-eval",
  version: "0.1.0",
  dataset: { kind: "folder", path: "clips", splits: [], sequences: 1, frames: 1, fingerprint: "1" },
  tracker: { name: "mine", kind: "module", source: "mine.mjs", fingerprint: "2" },
  repeat: 1,
});

describe("evaluationTree", () => {
  it("shows boxes and times under the tracker's name, and nothing else", async () => {
    await withFolder(async (folder) => {
      await writeTree(folder, {
        "run.json": record,
        "results/a.txt": "1,2,3,4\n",
        "times/a.txt": "0.5\n",
        "scores/a.txt": "1\n",
        "results/deeper/than/b.txt": "",
      });
      const tree = (await evaluationTree(folder))!;
      expect(tree.files).toEqual(["mine/a.txt", "mine/a_time.txt"]);
      expect(new TextDecoder().decode(await tree.read("mine/a_time.txt"))).toBe("0.5\n");
    });
  });

  it("numbers repeated runs, as readers of results expect them", async () => {
    await withFolder(async (folder) => {
      await writeTree(folder, { "run.json": record, "results/run_002/a.txt": "", "times/run_002/a.txt": "" });
      expect((await evaluationTree(folder))!.files).toEqual(["mine_002/a.txt", "mine_002/a_time.txt"]);
    });
  });

  it("takes no other folder for an evaluation", async () => {
    await withFolder(async (folder) => {
      expect(await evaluationTree(folder)).toBeUndefined();
      for (const text of ["{}", "not JSON"]) {
        await writeFile(join(folder, "run.json"), text);
        expect(await evaluationTree(folder)).toBeUndefined();
      }
    });
  });
});
