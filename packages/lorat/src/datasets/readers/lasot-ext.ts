import { lastPart } from "../files.ts";
import type { DatasetReader } from "../reader.ts";
import { findLasot, lasot, readLasot } from "./lasot.ts";

/** LaSOT's extension: its layout, but pixels are counted from 0 (specification 5.1). */
export const lasotExt: DatasetReader = {
  layout: lasot.layout,
  splits: [],
  entries: async (source) =>
    (await findLasot(source)).map((folder) => ({
      name: lastPart(source, folder.path),
      read: async () => [await readLasot(source, folder)],
    })),
};
