import { readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { modelFiles } from "@lorat/core/weights";
import { LoratError, nearestName } from "@lorat/graph";
import { partPath, readRecord, recordPath, sha256Of } from "../../files/download/index.ts";
import { type CacheKind, cacheKinds, userCacheFolder } from "../../files/user-cache.ts";
import { lockPath } from "../../files/with-lock.ts";
import { readManifest } from "../../trackers/model/manifest.ts";

type Env = NodeJS.ProcessEnv;

/** One thing in the cache. */
export interface CacheEntry {
  readonly kind: CacheKind;
  /** `KIND/NAME`, by which it is removed and checked. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was last written. */
  readonly modified: string;
  /** Where it was fetched from, where that is known. */
  readonly source?: string;
  /** Set for the beginning of a file that was not fetched to its end. */
  readonly partial?: true;
}

/** Everything in the cache, by kind and name. */
export async function listCache(env: Env = process.env): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for (const kind of cacheKinds) {
    const folder = userCacheFolder(kind, env);
    for (const name of (await namesIn(folder, kind)).sort()) {
      const entry = await entryOf(kind, name, join(folder, name));
      if (entry) entries.push(entry);
    }
  }
  return entries;
}

/**
 * Removes entries by name (`models/lorat-b-224`, or `lorat-b-224` where one kind alone has it), a kind, or all of them; gives what
 * was removed. Throws `CACHE_UNKNOWN` for a name that is not there, before anything is removed.
 */
export async function removeCached(
  which: readonly string[] | "all",
  env: Env = process.env,
): Promise<CacheEntry[]> {
  const entries = which === "all" ? await listCache(env) : await selectCached(which, env);
  for (const { path } of entries) {
    for (const one of [path, recordPath(path), lockPath(path)])
      await rm(one, { recursive: true, force: true });
    if (path.endsWith(PART)) await rm(recordPath(path), { force: true });
  }
  return entries;
}

/** Entries by their names or kinds. Throws `CACHE_UNKNOWN`. */
export async function selectCached(which: readonly string[], env: Env = process.env): Promise<CacheEntry[]> {
  const entries = await listCache(env);
  const wanted = new Set<CacheEntry>();
  for (const text of which) {
    const found = entries.filter(
      ({ kind, name }) => name === text || kind === text || name.slice(kind.length + 1) === text,
    );
    const isKind = (cacheKinds as readonly string[]).includes(text);
    if (found.length === 0 && !isKind) {
      const near = nearestName(
        text,
        entries.map(({ name }) => name),
      );
      throw new LoratError("CACHE_UNKNOWN", `the cache has no "${text}"`, {
        hint: near ? `Did you mean ${near}?` : "lorat cache ls lists what is there.",
      });
    }
    for (const entry of found) wanted.add(entry);
  }
  return [...wanted];
}

/** What a check of an entry came to. */
export interface CacheCheck {
  readonly name: string;
  /** `unknown` where nothing was noted to compare with. */
  readonly state: "whole" | "damaged" | "unknown";
  readonly problem?: string;
}

/** Compares an entry with the checksum that was noted as it was made. */
export async function verifyCached(entry: CacheEntry): Promise<CacheCheck> {
  const { kind, name, path } = entry;
  const noted =
    kind === "files" ? await readRecord(path) : kind === "models" ? await notedOf(path) : undefined;
  if (noted === undefined) return { name, state: "unknown" };
  if (typeof noted === "string") return { name, state: "damaged", problem: noted };
  const file = kind === "models" ? join(path, modelFiles.weights) : path;
  const info = await stat(file).catch(() => undefined);
  if (info?.size !== noted.bytes) {
    return { name, state: "damaged", problem: `${info?.size ?? 0} bytes in place of ${noted.bytes}` };
  }
  const found = await sha256Of(file);
  if (found === noted.sha256) return { name, state: "whole" };
  return { name, state: "damaged", problem: `checksum ${found} in place of ${noted.sha256}` };
}

const PART = partPath("");
const LOCK = lockPath("");
const RECORD = recordPath("");

/** Models and indexes lie in their kind's folder; fetched files also one deeper, one folder for each address. */
async function namesIn(folder: string, kind: CacheKind): Promise<string[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of found) {
    const inner =
      kind === "files" && entry.isDirectory() ? await readdir(join(folder, entry.name)) : undefined;
    names.push(...(inner ? inner.map((name) => join(entry.name, name)) : [entry.name]));
  }
  const all = new Set(names);
  const isNote = (name: string) => name.endsWith(RECORD) && all.has(name.slice(0, -RECORD.length));
  return names.filter((name) => !(kind === "files" && isNote(name)) && !name.endsWith(LOCK));
}

async function entryOf(kind: CacheKind, name: string, path: string): Promise<CacheEntry | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return undefined;
  const record = kind === "files" ? await readRecord(path) : undefined;
  return {
    kind,
    name: `${kind}/${name.replaceAll("\\", "/")}`,
    path,
    bytes: info.isDirectory() ? await sizeOf(path) : info.size,
    modified: info.mtime.toISOString(),
    ...(record && { source: record.url }),
    ...((name.endsWith(PART) || /\.\d+\.partial$/.test(basename(name))) && { partial: true as const }),
  };
}

async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info?.isFile()) sum += info.size;
  }
  return sum;
}

async function notedOf(folder: string) {
  try {
    return (await readManifest(folder)).weights;
  } catch (error) {
    return (error as Error).message;
  }
}
