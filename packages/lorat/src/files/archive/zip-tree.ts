import { LoratError } from "@lorat/graph";
import { type Entry, fromBuffer, type ZipFile } from "yauzl";
import { type ArchiveLimits, allowedBytes, damaged, MemberCheck, tooLarge } from "./limits.ts";
import type { UnpackedFiles } from "./tree.ts";

const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;

/** The files of a zip archive. Throws the `ARCHIVE_` codes of `openTree`. */
export async function readZip(bytes: Buffer, path: string, limits: ArchiveLimits): Promise<UnpackedFiles> {
  const allowed = allowedBytes(bytes.length, limits);
  try {
    const zip = await open(bytes);
    const entries = await listEntries(zip);
    if (entries.length > limits.members) throw tooLarge(path, `${entries.length} members`);
    const check = new MemberCheck(path);
    const wanted = entries.filter(({ entry, name }) => {
      const isFolder = name.endsWith("/");
      const isLink = ((entry.externalFileAttributes >>> 16) & FILE_TYPE) === SYMBOLIC_LINK;
      return check.accepts(isFolder ? name.slice(0, -1) : name, isLink ? "" : undefined) && !isFolder;
    });
    check.finish();
    const locked = wanted.find(({ entry }) => entry.isEncrypted());
    if (locked) throw new LoratError("ARCHIVE_ENCRYPTED", `${path} is encrypted (${locked.name})`);
    const declared = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    if (declared > allowed) throw tooLarge(path, `${bytes.length} bytes would become ${declared}`);
    const files: UnpackedFiles = new Map();
    // What is unpacked is compared with what was declared, so that the sum above cannot be deceived.
    for (const { entry, name } of wanted) files.set(name, await unpack(zip, entry));
    return files;
  } catch (cause) {
    if (cause instanceof LoratError) throw cause;
    throw damaged(path, (cause as Error).message, cause);
  }
}

function open(bytes: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    // Names come as bytes: they are checked here, all of them, not up to the first bad one.
    const options = { lazyEntries: true, decodeStrings: false, autoClose: false, validateEntrySizes: true };
    fromBuffer(bytes, options, (error, zip) => (error ? reject(error) : resolve(zip)));
  });
}

function listEntries(zip: ZipFile): Promise<{ entry: Entry; name: string }[]> {
  return new Promise((resolve, reject) => {
    const entries: { entry: Entry; name: string }[] = [];
    zip.on("entry", (entry: Entry) => {
      entries.push({ entry, name: (entry.fileName as unknown as Buffer).toString("utf8") });
      zip.readEntry();
    });
    zip.on("end", () => resolve(entries));
    zip.on("error", reject);
    zip.readEntry();
  });
}

function unpack(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) {
        reject(error);
        return;
      }
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("error", reject);
      stream.on("end", () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    });
  });
}
