import { readFile, stat } from "node:fs/promises";
import { LoratError } from "@lorat/graph";
import { readFolder } from "./folder-tree.ts";
import { ARCHIVE_LIMITS, type ArchiveLimits } from "./limits.ts";
import { readTar } from "./tar-tree.ts";
import type { Tree, UnpackedFiles } from "./tree.ts";
import { readZip } from "./zip-tree.ts";

/**
 * Opens a folder, a `.tar.gz`, a `.tar` or a `.zip`, told apart by their first bytes. Archives are unpacked in memory, never
 * to the disk. Hidden files (a dot in front) and what macOS adds are left out.
 *
 * Throws `TREE_NOT_FOUND`; for archives `ARCHIVE_KIND`, `ARCHIVE_DAMAGED`, `ARCHIVE_TOO_LARGE`, `ARCHIVE_ENCRYPTED`, and
 * `ARCHIVE_UNSAFE_NAME`, `ARCHIVE_LINK`, `ARCHIVE_DUPLICATE_NAME` (or `ARCHIVE_REFUSED` for several of these), listing every
 * bad member.
 */
export async function openTree(path: string, limits: ArchiveLimits = ARCHIVE_LIMITS): Promise<Tree> {
  const info = await stat(path).catch(() => undefined);
  if (!info)
    throw new LoratError("TREE_NOT_FOUND", `expected a folder or an archive at ${path}, found nothing`);
  if (info.isDirectory()) return readFolder(path);
  if (info.size > limits.bytes) {
    throw new LoratError("ARCHIVE_TOO_LARGE", `${path} has ${info.size} bytes, more than ${limits.bytes}`);
  }
  const bytes = await readFile(path);
  if (isGzip(bytes) || isTar(bytes)) return unpacked(path, "tar", await readTar(bytes, path, limits));
  if (isZip(bytes)) return unpacked(path, "zip", await readZip(bytes, path, limits));
  throw new LoratError("ARCHIVE_KIND", `${path} is neither a folder nor a .tar.gz, .tar or .zip archive`);
}

function unpacked(path: string, kind: "tar" | "zip", files: UnpackedFiles): Tree {
  const isShown = (file: string) =>
    !file.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
  return {
    path,
    kind,
    files: [...files.keys()].filter(isShown).sort(),
    async read(file) {
      const bytes = files.get(file);
      if (bytes) return bytes;
      throw new LoratError("TREE_UNREADABLE", `${path} holds no file ${file}`);
    },
  };
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** `ustar` at its place in the first header. */
function isTar(bytes: Uint8Array): boolean {
  return [0x75, 0x73, 0x74, 0x61, 0x72].every((byte, i) => bytes[257 + i] === byte);
}

/** A member's header, or the end record of an empty archive. */
function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}
