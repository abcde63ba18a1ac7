import { mkdir, readdir, readFile, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pictures, withDataset, writeTree } from "../testing/dataset-trees.ts";

const tree = {
  "a/groundtruth.txt": "1,2,5,5\n2,2,5,5\n",
  ...pictures("a", 2),
  "b/groundtruth.txt": "1,2,5,5\n",
  ...pictures("b", 1),
};

/** Opens and says how. */
function outcomes() {
  const seen: { fromCache: boolean; filesRead: number }[] = [];
  return {
    onOpened: (outcome: (typeof seen)[number]) => seen.push(outcome),
    last: () => seen.at(-1)!,
  };
}

describe("the index of a dataset", () => {
  it("is made once; later no annotation is read", async () => {
    await withDataset("folder", tree, async ({ root, open }) => {
      const { onOpened, last } = outcomes();
      await utimes(join(root, "b/groundtruth.txt"), 1e9, 1e9);
      const first = await open({ onOpened });
      expect(last()).toEqual({ fromCache: false, filesRead: 2 });
      // as long and as old as before: who reads it would see that it is another
      await writeFile(join(root, "b/groundtruth.txt"), "not,box\n");
      await utimes(join(root, "b/groundtruth.txt"), 1e9, 1e9);
      const again = await open({ onOpened });
      expect(last()).toEqual({ fromCache: true, filesRead: 0 });
      expect(again.columns).toEqual(first.columns);
      expect(again.columns.boxes.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(first.columns.boxes.buffer).toBeInstanceOf(SharedArrayBuffer);
      const files = await readdir(join(root, "../cache"));
      expect(files).toEqual([expect.stringMatching(/^folder-[0-9a-f]{24}\.index$/)]);
    });
  });

  it("is made again when annotations, frames or sequences change", async () => {
    await withDataset("folder", tree, async ({ root, open }) => {
      const { onOpened, last } = outcomes();
      const fingerprints = [(await open({ onOpened })).dataset.fingerprint];
      const reopened = async () => {
        fingerprints.push((await open({ onOpened })).dataset.fingerprint);
        expect(last().fromCache).toBe(false);
        await open({ onOpened });
        expect(last().fromCache).toBe(true);
      };
      await writeFile(join(root, "b/groundtruth.txt"), "3,2,5,5\n");
      await reopened();
      await writeTree(root, { "c/groundtruth.txt": "1,1,5,5\n", ...pictures("c", 1) });
      await reopened();
      await writeTree(root, { "b/absence.label": "0" });
      await reopened();
      // another flag file changes no box: the same dataset, read again
      expect(fingerprints[3]).toBe(fingerprints[2]);
      await rename(join(root, "c/00000001.jpg"), join(root, "c/x1.jpg"));
      await reopened();
      expect(new Set(fingerprints).size).toBe(4);
    });
  });

  it("keeps its fingerprint when files are only touched, copied or linked", async () => {
    await withDataset("folder", tree, async ({ root, open }) => {
      const { onOpened, last } = outcomes();
      const { fingerprint } = (await open({ onOpened })).dataset;
      await utimes(join(root, "a/groundtruth.txt"), 1e9, 1e9);
      expect((await open({ onOpened })).dataset.fingerprint).toBe(fingerprint);
      expect(last().fromCache).toBe(false);
      await mkdir(join(root, "elsewhere"));
      for (const name of ["a", "b"]) await symlink(join(root, name), join(root, "elsewhere", name));
      expect((await open({ path: "elsewhere" })).dataset.fingerprint).toBe(fingerprint);
    });
  });

  it("is made again when its file is damaged, cut short or empty", async () => {
    await withDataset("folder", tree, async ({ root, open }) => {
      const { onOpened, last } = outcomes();
      const whole = await open({ onOpened });
      const cache = join(root, "../cache");
      const path = join(cache, (await readdir(cache))[0]!);
      const bytes = await readFile(path);
      const flipped = Buffer.from(bytes);
      flipped[bytes.indexOf("groundtruth")]! ^= 1;
      for (const damaged of [flipped, bytes.subarray(0, bytes.length - 4), Buffer.alloc(0)]) {
        await writeFile(path, damaged);
        const again = await open({ onOpened });
        expect(last().fromCache).toBe(false);
        expect(again.dataset.fingerprint).toBe(whole.dataset.fingerprint);
        expect((await readFile(path)).equals(bytes)).toBe(true);
      }
    });
  });

  it("is not kept where the cache cannot be written, which is said", async () => {
    await withDataset("folder", tree, async ({ root, open }) => {
      await writeFile(join(root, "../cache"), "a file in the way");
      const { columns, names } = await open();
      expect(names).toEqual(["a", "b"]);
      expect(columns.warnings).toEqual([expect.stringContaining("the index cannot be kept")]);
    });
  });

  it("stops when it is told to", async () => {
    await withDataset("folder", tree, async ({ open }) => {
      const signal = AbortSignal.abort();
      await expect(open({ signal })).rejects.toMatchObject({ name: "AbortError" });
    });
  });
});
