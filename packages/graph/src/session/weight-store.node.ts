import { createHash } from "node:crypto";
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  utimes,
  writeFile,
} from "node:fs/promises";
import { arch, cpus } from "node:os";
import { join } from "node:path";
import { type KeptRequest, type KeptTensor, type KeptWeights, keptFiles } from "./runtime.ts";

/** Version of the stored files; to be raised when their form changes. */
const storeVersion = 1;
/** Entries that no session opened for this many days are removed when another is written. */
const unusedDays = 30;

const indexFile = "index.json";

/** The contents of an entry's index. */
interface Index {
  /** Size and time of the finished file of weights. They show whether it was changed since. */
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly tensors: Readonly<Record<string, KeptTensor>>;
}

const underWay = new Map<string, Promise<KeptWeights | undefined>>();
const warnedOf = new Set<string>();

/** The store in a folder: an entry is a folder named by what decides its contents. See `Runtime.keep`. */
export async function keep(request: KeptRequest, runtimeVersion: string): Promise<KeptWeights | undefined> {
  const folder = join(request.cacheFolder, await nameOf(request, runtimeVersion));
  const running = underWay.get(folder) ?? find(folder, request).finally(() => underWay.delete(folder));
  underWay.set(folder, running);
  return running;
}

/** Opens an entry. Makes it first where there is none, or a damaged one. */
async function find(folder: string, request: KeptRequest): Promise<KeptWeights | undefined> {
  try {
    const found = await readEntry(folder);
    if (found) return found;
  } catch (cause) {
    warn(
      request.cacheFolder,
      `what was kept in ${folder} is damaged and is made again: ${(cause as Error).message}`,
    );
  }
  try {
    await writeEntry(folder, request);
    return await readEntry(folder);
  } catch (cause) {
    warn(
      request.cacheFolder,
      `prepared weights cannot be kept in ${request.cacheFolder}: ${(cause as Error).message}`,
    );
    return undefined;
  }
}

/** Names an entry by everything that decides it: the weights' files, the processor, the versions, the request. */
async function nameOf({ sources, description }: KeptRequest, runtimeVersion: string): Promise<string> {
  const states = await Promise.all(
    sources.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return [path, size, mtimeMs];
    }),
  );
  const parts = [storeVersion, runtimeVersion, arch(), cpus()[0]?.model, states, description];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** Undefined where there is no entry; throws for one that is not whole. */
async function readEntry(folder: string): Promise<KeptWeights | undefined> {
  const text = await readFile(join(folder, indexFile), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { bytes, modifiedMs, tensors } = JSON.parse(text) as Index;
  const { size, mtimeMs } = await stat(join(folder, keptFiles.weights));
  if (size !== bytes || mtimeMs !== modifiedMs) throw new Error(`${keptFiles.weights} was changed`);
  const now = new Date();
  await utimes(folder, now, now).catch(() => undefined); // on a read-only disk nothing ages
  return { folder, tensors };
}

/** Writes an entry under another name and renames it. An entry that another process finished first stays. */
async function writeEntry(folder: string, { cacheFolder, bytes, make, read }: KeptRequest): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  await removeUnused(cacheFolder);
  const { bavail, bsize } = await statfs(cacheFolder);
  // Twice: as they are, and as products want them.
  if (bavail * bsize < 2.2 * bytes)
    throw new Error(`there is no room for ${Math.ceil((2.2 * bytes) / 1e6)} MB`);
  const pending = await mkdtemp(`${folder}.`);
  try {
    await make(pending);
    const model = join(pending, keptFiles.model);
    const tensors = read(await readFile(model));
    await rm(model);
    const { size, mtimeMs } = await onDisk(join(pending, keptFiles.weights));
    if (size < endOf(tensors)) throw new Error("the disk is full");
    const index: Index = { bytes: size, modifiedMs: mtimeMs, tensors };
    await writeFile(join(pending, indexFile), JSON.stringify(index));
    await putInPlace(pending, folder);
  } finally {
    await rm(pending, { recursive: true, force: true });
  }
}

/** The state of a file, once all of it is on the disk: a power cut must not leave an entry of zeros. */
async function onDisk(path: string) {
  const file = await open(path, "r+");
  try {
    await file.sync();
    return await file.stat();
  } finally {
    await file.close();
  }
}

async function putInPlace(pending: string, folder: string): Promise<void> {
  const isWhole = await readEntry(folder).then(Boolean, () => false);
  if (isWhole) return;
  await rm(folder, { recursive: true, force: true });
  await rename(pending, folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
}

/** The end of the last tensor. ONNX Runtime does not report a full disk, so the file's size is compared with it. */
function endOf(tensors: Readonly<Record<string, KeptTensor>>): number {
  let end = 0;
  for (const { offset, length, packed } of Object.values(tensors)) {
    end = Math.max(end, offset + length);
    for (const note of Object.values(packed)) {
      for (const place of note.split("|").slice(1)) {
        const [begin, size] = place.split(";").map(Number);
        end = Math.max(end, begin! + size!);
      }
    }
  }
  return end;
}

async function removeUnused(cacheFolder: string): Promise<void> {
  const oldest = Date.now() - unusedDays * 24 * 3600 * 1000;
  for (const name of await readdir(cacheFolder)) {
    if (!/^[0-9a-f]{32}/.test(name)) continue; // not ours
    const path = join(cacheFolder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: oldest })); // another process may have removed it
    if (mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}

/** Once for each folder. */
function warn(cacheFolder: string, message: string): void {
  if (!warnedOf.has(cacheFolder)) {
    process.emitWarning(message, { type: "LoratWarning", code: "WEIGHT_STORE" });
  }
  warnedOf.add(cacheFolder);
}
