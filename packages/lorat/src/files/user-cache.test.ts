import { join } from "node:path";
import { expect, it } from "vitest";
import { userCache, userCacheFolder } from "./user-cache.ts";

it("is the user's cache folder as each system has it, or where LORAT_CACHE says", () => {
  expect(userCacheFolder("datasets", { LORAT_CACHE: "/c" })).toBe(join("/c", "datasets"));
  expect(userCacheFolder("weights", { XDG_CACHE_HOME: "/x" })).toBe(join("/x", "lorat", "weights"));
  const on = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv = {}) =>
    userCache({ platform, env, home: "/home/me" });
  expect(on("linux")).toBe(join("/home/me", ".cache", "lorat"));
  expect(on("darwin")).toBe(join("/home/me", "Library", "Caches", "lorat"));
  expect(on("win32")).toBe(join("/home/me", "AppData", "Local", "lorat", "Cache"));
  expect(on("win32", { LOCALAPPDATA: "/l" })).toBe(join("/l", "lorat", "Cache"));
});
