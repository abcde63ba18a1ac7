import { homedir } from "node:os";
import { join } from "node:path";

/** A folder of this program in the cache folder of the user (XDG base directories); `LORAT_CACHE` moves them all. */
export function userCacheFolder(name: "datasets" | "weights", env: NodeJS.ProcessEnv = process.env): string {
  if (env.LORAT_CACHE) return join(env.LORAT_CACHE, name);
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "lorat", name);
}
