import { Command } from "@commander-js/extra-typings";
import { cacheKinds, userCache, userCacheFolder } from "../files/user-cache.ts";
import type { CacheEntry } from "../models/cache/cache.ts";
import { textTable } from "../report/text-table.ts";
import { usageError } from "./errors.ts";
import { createProgress } from "./progress.ts";

const load = () => import("../models/cache/cache.ts");
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** `lorat cache`: what is kept between runs. */
export function cacheCommand() {
  const cache = new Command("cache").description(
    "look at what lorat keeps in the user's cache, check it, remove it",
  );
  cache
    .command("ls")
    .description("list fetched files, pulled models, weights as devices want them, indexes of datasets")
    .option("--json", "print one JSON array")
    .action(list);
  cache
    .command("rm")
    .description("remove entries, by the names that ls prints, or kinds; everything there can be made again")
    .argument("[name...]", `names, or kinds: ${cacheKinds.join(", ")}`)
    .option("--all", "remove everything")
    .option("--json", "print what was removed as one JSON array")
    .action(remove);
  cache
    .command("path")
    .description("print the cache's folder, or one within; LORAT_CACHE moves it")
    .argument("[kind]", cacheKinds.join(", "))
    .action((kind) => {
      const found = cacheKinds.find((one) => one === kind);
      if (kind !== undefined && !found) throw usageError(`"${kind}" is none of ${cacheKinds.join(", ")}`);
      console.log(found ? userCacheFolder(found) : userCache());
    });
  cache
    .command("verify")
    .description("compare fetched files and pulled models with the checksums that were noted")
    .argument("[name...]", "names that ls prints (default: all)")
    .option("--json", "print one JSON array")
    .action(verify);
  return cache;
}

async function list({ json }: { json?: true | undefined }): Promise<void> {
  const entries = await (await load()).listCache();
  if (json) return console.log(JSON.stringify(entries, null, 2));
  if (entries.length === 0) return console.log(`nothing in ${userCache()}`);
  const cells = entries.map(({ name, bytes, modified, source, partial }) => [
    name,
    megabytes(bytes),
    modified.slice(0, 16).replace("T", " "),
    partial ? "a beginning" : (source ?? ""),
  ]);
  console.log(textTable([["name", "size", "written", "from"], ...cells], ["left", "right", "left", "left"]));
  console.log(`\n${total(entries)} in ${userCache()}`);
}

async function remove(
  names: string[],
  { all, json }: { all?: true | undefined; json?: true | undefined },
): Promise<void> {
  if (names.length > 0 === Boolean(all)) throw usageError("name what to remove, or give --all");
  const removed = await (await load()).removeCached(all ? "all" : names);
  if (json) return console.log(JSON.stringify(removed, null, 2));
  for (const { name, bytes } of removed) console.log(`removed ${name}, ${megabytes(bytes)}`);
  console.log(`${total(removed)} removed`);
}

async function verify(names: string[], { json }: { json?: true | undefined }): Promise<void> {
  const { listCache, selectCached, verifyCached } = await load();
  const entries = names.length > 0 ? await selectCached(names) : await listCache();
  const progress = createProgress({ label: "checking", total: entries.length, unit: "entries" });
  const checks = [];
  for (const entry of entries) {
    if (entry.partial || (names.length === 0 && !["files", "models"].includes(entry.kind))) continue;
    checks.push(await verifyCached(entry));
    progress.update(checks.length);
  }
  progress.done();
  if (json) console.log(JSON.stringify(checks, null, 2));
  else {
    for (const { name, state, problem } of checks) {
      const what = state === "unknown" ? "no checksum was noted" : (problem ?? "whole");
      console.log(`${name}: ${what}`);
    }
  }
  if (checks.some(({ state }) => state === "damaged")) process.exitCode = 1;
}

function total(entries: readonly CacheEntry[]): string {
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  return `${entries.length} ${entries.length === 1 ? "entry" : "entries"}, ${megabytes(bytes)}`;
}
