import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Folders of the cache: `datasets` has indexes, `weights` what devices want weights as, `files` what was fetched, `models` the
 * model folders made of it.
 */
export const cacheKinds = ["files", "models", "weights", "datasets"] as const;
export type CacheKind = (typeof cacheKinds)[number];

/** Where a cache folder would be on a system; for tests, all of it can be set. */
interface Place {
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/**
 * This program's folder among the user's caches: `LORAT_CACHE` where it is set, else what the system's conventions say
 * (`~/.cache` or `XDG_CACHE_HOME` on Linux, `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows).
 */
export function userCache({
  env = process.env,
  platform = process.platform,
  home = homedir(),
}: Place = {}): string {
  if (env.LORAT_CACHE) return env.LORAT_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, "lorat");
  if (platform === "darwin") return join(home, "Library", "Caches", "lorat");
  if (platform === "win32") {
    return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "lorat", "Cache");
  }
  return join(home, ".cache", "lorat");
}

/** One of the cache's folders; see {@link userCache}. */
export function userCacheFolder(kind: CacheKind, env: NodeJS.ProcessEnv = process.env): string {
  return join(userCache({ env }), kind);
}
