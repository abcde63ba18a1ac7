import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { LoratError } from "@lorat/graph";
import { Parser, type ReadEntry } from "tar";
import { type ArchiveLimits, allowedBytes, damaged, MemberCheck, tooLarge } from "./limits.ts";
import type { UnpackedFiles } from "./tree.ts";

/** The files of a tar archive, packed with gzip or not. Throws the `ARCHIVE_` codes of `openTree`. */
export async function readTar(
  bytes: Uint8Array,
  path: string,
  limits: ArchiveLimits,
): Promise<UnpackedFiles> {
  const tar = bytes[0] === 0x1f ? await inflated(bytes, path, limits) : bytes;
  const files: UnpackedFiles = new Map();
  const check = new MemberCheck(path);
  const problems: string[] = [];
  let members = 0;
  await new Promise<void>((resolve, reject) => {
    const onReadEntry = (entry: ReadEntry) => {
      members++;
      const isLink = entry.type === "SymbolicLink" || entry.type === "Link";
      const isFile = entry.type === "File" || entry.type === "OldFile" || entry.type === "ContiguousFile";
      const name = entry.path.replace(/^(\.\/)+/, "").replace(/\/$/, "");
      // The archive's own root, as `tar -c .` writes it.
      const isRoot = entry.type === "Directory" && (name === "" || name === ".");
      const accepted = isRoot || check.accepts(name, isLink ? (entry.linkpath ?? "") : undefined);
      if (!accepted || !isFile) {
        entry.resume();
        return;
      }
      const parts: Uint8Array[] = [];
      entry.on("data", (part: Buffer) => parts.push(part));
      entry.on("end", () => files.set(name, parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    };
    const parser = new Parser({
      onReadEntry,
      onwarn: (code, message) => problems.push(`${message} (${code})`),
    });
    parser.on("error", reject);
    parser.on("end", () => resolve());
    parser.end(Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength));
  }).catch((cause: Error) => {
    throw damaged(path, cause.message, cause);
  });
  if (problems.length > 0) throw damaged(path, problems[0]!);
  if (members > limits.members) throw tooLarge(path, `${members} members`);
  check.finish();
  return files;
}

async function inflated(bytes: Uint8Array, path: string, limits: ArchiveLimits): Promise<Uint8Array> {
  const allowed = allowedBytes(bytes.length, limits);
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: allowed });
  } catch (cause) {
    if (cause instanceof LoratError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge(path, `${bytes.length} bytes would become more than ${allowed}`);
    }
    throw damaged(path, message, cause);
  }
}
