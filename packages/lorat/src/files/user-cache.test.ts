import { join } from "node:path";
import { expect, it } from "vitest";
import { userCacheFolder } from "./user-cache.ts";

it("is the user's cache folder, or where LORAT_CACHE says", () => {
  expect(userCacheFolder("datasets", { LORAT_CACHE: "/c" })).toBe(join("/c", "datasets"));
  expect(userCacheFolder("weights", { XDG_CACHE_HOME: "/x" })).toBe(join("/x", "lorat", "weights"));
  expect(userCacheFolder("weights", {})).toMatch(/\.cache.lorat.weights$/);
});
