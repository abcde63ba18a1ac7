import { below, findFolders, lastPart, picturesIn, readRows } from "../files.ts";
import type { DatasetReader } from "../raw.ts";
import { oneObject } from "../raw.ts";

/** TNL2K: folders with `imgs/` and `groundtruth.txt`; every frame counts, boxes without area too (specification 5.1). */
export const tnl2k: DatasetReader = {
  layout: "NAME/groundtruth.txt with pictures in NAME/imgs",
  splits: [],
  async entries(source) {
    const found = await findFolders(source, "", 2, ({ files }) => files.includes("groundtruth.txt"));
    return found.map(({ path }) => {
      const name = lastPart(source, path);
      const folder = below(path, "imgs");
      return {
        name,
        async read() {
          const boxes = await readRows(source, below(path, "groundtruth.txt"));
          return [oneObject({ name, folder, frames: await picturesIn(source, folder), boxes })];
        },
      };
    });
  },
};
