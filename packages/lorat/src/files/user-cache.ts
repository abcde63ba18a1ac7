import { homedir } from "node:os";
import { join } from "node:path";

/** A room of this program's in the user's cache folder (XDG base directories); `LORAT_CACHE` moves all rooms. */
export function userCacheFolder(room: "datasets" | "weights", env: NodeJS.ProcessEnv = process.env): string {
  if (env.LORAT_CACHE) return join(env.LORAT_CACHE, room);
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "lorat", room);
}
