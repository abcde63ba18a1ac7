import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { type OutputOptions, writeWhole } from "../../files/pending-file.ts";
import type { ExportArchives } from "./export-input.ts";

/** The same archive at any time: the first day that zip can name. */
const DATE = new Date(1980, 0, 1);

/**
 * Writes export archives into a folder, each beside its name and renamed when whole; gives their paths. The same results make
 * the same bytes. Throws `OUTPUT_EXISTS`, `OUTPUT_IS_FOLDER`, `OUTPUT_UNWRITABLE`.
 */
export async function writeArchives(
  archives: ExportArchives,
  folder: string,
  options: OutputOptions = {},
): Promise<string[]> {
  const paths: string[] = [];
  for (const [name, files] of archives) {
    const path = join(folder, name);
    await writeWhole(path, zipOf(files), options);
    paths.push(path);
  }
  return paths;
}

/** A zip archive of texts. */
function zipOf(files: ReadonlyMap<string, string>): Uint8Array {
  const entries = [...files].map(([path, text]) => [path, strToU8(text)] as const);
  return zipSync(Object.fromEntries(entries), { mtime: DATE, level: 6 });
}
