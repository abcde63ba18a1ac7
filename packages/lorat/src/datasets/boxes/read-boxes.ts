import { readFile } from "node:fs/promises";
import type { Box } from "@lorat/core";
import { parseBoxes } from "@lorat/core/annotations";
import { LoratError } from "@lorat/graph";

/**
 * Reads a ground-truth or result file, one box a line. Throws `BOXES_NOT_FOUND` and what {@link parseBoxRows} throws.
 */
export async function readBoxes(path: string): Promise<Box[]> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw new LoratError("BOXES_NOT_FOUND", `${path} cannot be read: ${cause.message}`, { cause });
  });
  return parseBoxes(text, path);
}
