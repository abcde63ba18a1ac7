import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { withFolder } from "../testing/clips.ts";
import { picture, pictures, type Tree, writeTree } from "../testing/dataset-trees.ts";
import { picturePath } from "./eval-sequence.ts";
import { type EvalChoice, openEvalSet } from "./open-eval-set.ts";

async function opened<T>(
  kind: string,
  tree: Tree,
  choice: Omit<EvalChoice, "dataset">,
  use: (set: Awaited<ReturnType<typeof openEvalSet>>, root: string) => T | Promise<T>,
): Promise<T> {
  return withFolder(async (root) => {
    await writeTree(root, tree);
    return use(await openEvalSet({ dataset: `${kind}:${root}`, ...choice }), root);
  });
}

async function problemOf(kind: string, tree: Tree, choice: Omit<EvalChoice, "dataset"> = {}) {
  return withFolder(async (root) => {
    await writeTree(root, tree);
    const error = await openEvalSet({ dataset: `${kind}:${root}`, ...choice }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LoratError);
    return error as LoratError;
  });
}

describe("openEvalSet", () => {
  it("keeps frames that training would clean away, at both ends", async () => {
    const tree = {
      "a/groundtruth.txt": "NaN,NaN,NaN,NaN\n0,0,0,0\n10,11,12,13\n0,0,0,0\n",
      "a/absence.label": "1\n1\n0\n1\n",
      ...pictures("a", 4),
    };
    await opened("folder", tree, {}, ({ sequences, annotations }, root) => {
      expect(sequences).toHaveLength(1);
      const [a] = sequences;
      expect(a).toMatchObject({
        name: "a",
        first: 2,
        box: { x: 10, y: 11, width: 12, height: 13 },
        kind: "folder",
      });
      expect(a!.frames.count).toBe(4);
      expect(picturePath(a!, 3)).toBe(join(root, "a", "00000004.jpg"));
      expect([...annotations.sequences[0]!.visible!]).toEqual([0, 0, 1, 0]);
    });
  });

  it("takes LaSOT's test part, gives boxes from 0 and remembers that its files count from 1", async () => {
    const sequence = (name: string): Tree => {
      const folder = `${name.split("-")[0]}/${name}`;
      return {
        [`${folder}/groundtruth.txt`]: "11,21,30,40\n12,22,30,40\n",
        [`${folder}/full_occlusion.txt`]: "0,1",
        [`${folder}/out_of_view.txt`]: "0,0",
        ...pictures(`${folder}/img`, 2),
      };
    };
    const tree = { ...sequence("airplane-1"), ...sequence("airplane-2") };
    await opened("lasot", tree, {}, ({ sequences, annotations, splits }) => {
      expect(splits).toEqual(["test"]);
      expect(sequences.map(({ name }) => name)).toEqual(["airplane-1"]);
      expect(sequences[0]).toMatchObject({ kind: "lasot", box: { x: 10, y: 20, width: 30, height: 40 } });
      expect([...annotations.sequences[0]!.truth.subarray(0, 4)]).toEqual([11, 21, 30, 40]);
    });
    await opened("lasot", tree, { split: "train" }, ({ sequences }) => {
      expect(sequences.map(({ name }) => name)).toEqual(["airplane-2"]);
    });
  });

  it("runs test parts of which only the first box is published", async () => {
    const got10k = {
      "test/list.txt": "GOT-10k_Test_000001\n",
      "test/GOT-10k_Test_000001/groundtruth.txt": "1.5,2,3,4\n",
      ...pictures("test/GOT-10k_Test_000001", 5),
    };
    const trackingnet = {
      "TEST/anno/abc.txt": "1,2,3,4\n",
      ...pictures("TEST/frames/abc", 6, { first: 0, digits: 1 }),
    };
    for (const [kind, tree, frames] of [
      ["got10k", got10k, 5],
      ["trackingnet", trackingnet, 6],
    ] as const) {
      await opened(kind, tree, { split: "test" }, ({ sequences, annotations }) => {
        expect(sequences[0]!.frames.count).toBe(frames);
        expect(sequences[0]!.first).toBe(0);
        expect(annotations.sequences).toEqual([]);
      });
    }
  });

  it("chooses by names, positions and a list", async () => {
    const one = (name: string): Tree => ({
      [`${name}/groundtruth.txt`]: "1,2,3,4\n",
      ...pictures(name, 1),
    });
    const tree = { ...one("a"), ...one("b"), ...one("c") };
    const names = (set: Awaited<ReturnType<typeof openEvalSet>>) => set.sequences.map(({ name }) => name);
    await opened("folder", tree, { sequences: ["c", "0"] }, (set) => expect(names(set)).toEqual(["c", "a"]));
    await withFolder(async (root) => {
      await writeTree(root, tree);
      const list = join(root, "list.txt");
      await writeFile(list, "b\n");
      const set = await openEvalSet({ dataset: `folder:${root}`, list });
      expect(names(set)).toEqual(["b"]);
      const all = await openEvalSet({ dataset: `folder:${root}` });
      expect(all.fingerprint).not.toBe(set.fingerprint);
      await mkdir(join(root, "moved"));
      await writeTree(join(root, "moved"), one("b"));
      const moved = await openEvalSet({ dataset: `folder:${join(root, "moved")}` });
      expect(moved.fingerprint).toBe(set.fingerprint);
    });
    const error = await problemOf("folder", tree, { sequences: ["d"] });
    expect(error.code).toBe("DATASET_LIST");
    expect(error.message).toContain("--sequences");
  });

  it("lists what is wrong with all sequences together", async () => {
    const error = await problemOf("folder", {
      "short/groundtruth.txt": "1,2,3,4\n1,2,3,4\n",
      ...pictures("short", 1),
      "bare/groundtruth.txt": "1,2,3,4\n",
      "never/groundtruth.txt": "0,0,0,0\n",
      ...pictures("never", 1),
      "x/same/groundtruth.txt": "1,2,3,4\n",
      ...pictures("x/same", 1),
      "y/Same/groundtruth.txt": "1,2,3,4\n",
      ...pictures("y/Same", 1),
      "z/same/groundtruth.txt": "1,2,3,4\n",
      "z/same/1.jpg": await picture(),
    });
    expect(error.code).toBe("DATASET_ANNOTATIONS");
    const text = error.issues.join("\n");
    expect(text).toContain("DATASET_LENGTH: short: 2 rows of boxes, 1 frames");
    expect(text).toContain("DATASET_NO_PICTURES: bare");
    expect(text).toContain("DATASET_NO_BOX: never");
    expect(text).toContain("differ only in case");
    expect(error.issues).toHaveLength(5);
  });

  it("says which kinds it takes, and what a folder of another kind holds", async () => {
    const error = await problemOf("coco", { "a.txt": "" });
    expect(error).toMatchObject({ code: "DATASET_KIND", message: expect.stringContaining("coco") });
    const layout = await problemOf("lasot", { "a.txt": "" });
    expect(layout).toMatchObject({ code: "DATASET_LAYOUT", message: expect.stringContaining("a.txt") });
  });
});
