import { type Download, versionAt } from "./download.ts";

/** Name of the cache storage; a page may delete it with `caches.delete`. */
export const CACHE_NAME = "lorat-models";

const VERSION = "x-lorat-version";

/**
 * What was kept of an address, where the server still has the same or cannot be reached; undefined where there is nothing to use.
 * Throws `LOAD_CANCELLED` only.
 */
export async function keptDownload(
  address: string,
  signal: AbortSignal | undefined,
): Promise<Blob | undefined> {
  const kept = await (await storage())?.match(address).catch(() => undefined);
  if (!kept) return undefined;
  const { reached, version } = await versionAt(address, signal);
  if (reached && version !== kept.headers.get(VERSION)) return undefined;
  return kept.blob();
}

/** Keeps a finished download. Never fails: where the storage is full or forbidden, the next load fetches again. */
export async function keepDownload(address: string, { blob, version }: Download): Promise<void> {
  if (version === undefined) return;
  const headers = { [VERSION]: version, "content-length": `${blob.size}` };
  await (await storage())?.put(address, new Response(blob, { headers })).catch(() => undefined);
}

/** Only pages on secure origins have it. */
async function storage(): Promise<Cache | undefined> {
  if (typeof caches === "undefined") return undefined;
  return caches.open(CACHE_NAME).catch(() => undefined);
}
