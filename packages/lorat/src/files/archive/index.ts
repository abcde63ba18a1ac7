/**
 * Files of folders and archives alike, read with limits.
 */
export { ARCHIVE_LIMITS, type ArchiveLimits } from "./limits.ts";
export { openTree } from "./open-tree.ts";
export type { Tree } from "./tree.ts";
