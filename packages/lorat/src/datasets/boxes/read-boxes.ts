import { readFile } from "node:fs/promises";
import type { Box } from "@lorat/core";
import { LoratError } from "@lorat/graph";
import { parseBoxRows } from "./box-rows.ts";

/**
 * Reads a ground-truth or result file, one box a line. Throws `BOXES_NOT_FOUND` and what {@link parseBoxRows} throws.
 */
export async function readBoxes(path: string): Promise<Box[]> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw new LoratError("BOXES_NOT_FOUND", `${path} cannot be read: ${cause.message}`, { cause });
  });
  return parseBoxes(text, path);
}

/** The rows of {@link parseBoxRows} as boxes. */
export function parseBoxes(text: string, name?: string): Box[] {
  const rows = parseBoxRows(text, name);
  return Array.from({ length: rows.length / 4 }, (_, i) => ({
    x: rows[4 * i]!,
    y: rows[4 * i + 1]!,
    width: rows[4 * i + 2]!,
    height: rows[4 * i + 3]!,
  }));
}
