import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { writeJson } from "../pending-file.ts";
import type { LockHolder } from "../process-lock.ts";
import { withLock } from "../with-lock.ts";
import { type DownloadOptions, download } from "./download.ts";

const recordSchema = z.object({
  url: z.string(),
  bytes: z.int().min(0),
  sha256: z.string(),
  fetched: z.string(),
});

/** What is noted beside a file that was fetched, in `PATH.json`. */
export type FetchRecord = z.infer<typeof recordSchema>;

export interface FetchOnceOptions extends DownloadOptions {
  /** Told once where another process is at the same file. */
  readonly onWait?: ((holder: LockHolder) => void) | undefined;
}

/**
 * Fetches a file unless it is there; of several processes one fetches and the others wait for it. Gives whether it was fetched now.
 * Throws what {@link download} throws, `WAIT_STOPPED`.
 */
export async function fetchOnce(options: FetchOnceOptions): Promise<{ fetched: boolean }> {
  const { url, path } = options;
  if (await isFile(path)) return { fetched: false };
  return withLock(path, options, async () => {
    if (await isFile(path)) return { fetched: false };
    const facts = await download(options);
    const record: FetchRecord = { url, ...facts, fetched: new Date().toISOString() };
    await writeJson(recordPath(path), record, { force: true });
    return { fetched: true };
  });
}

export const recordPath = (path: string) => `${path}.json`;

/** What was noted of a fetched file; undefined for one that was put there by hand. */
export async function readRecord(path: string): Promise<FetchRecord | undefined> {
  const text = await readFile(recordPath(path), "utf8").catch(() => "");
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether a path is a file, or a link to one. */
export async function isFile(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ?? false;
}
