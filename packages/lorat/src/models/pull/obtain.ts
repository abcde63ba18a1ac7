import { stat } from "node:fs/promises";
import { join } from "node:path";
import { LoratError } from "@lorat/graph";
import { fetchOnce, isFile, readRecord, sha256Of } from "../../files/download/index.ts";
import type { LockHolder } from "../../files/process-lock.ts";
import { userCacheFolder } from "../../files/user-cache.ts";
import {
  atEndpoint,
  huggingFaceEndpoint,
  huggingFaceToken,
  inHuggingFaceCache,
  isOffline,
  mirrored,
  torchHubFolder,
} from "./places.ts";
import type { PublishedFile } from "./published.ts";

/** What obtaining a file needs to know. */
export interface ObtainOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Contact nobody. */
  readonly offline?: boolean | undefined;
  /** Takes the place of the checksum that is known. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((name: string, done: number, total: number | undefined) => void) | undefined;
  readonly onNote?: ((text: string) => void) | undefined;
  readonly onWait?: ((holder: LockHolder) => void) | undefined;
  /** For tests: milliseconds before the second attempt. */
  readonly pauseMs?: number | undefined;
}

const MODEL_FILE = "model.safetensors";

/**
 * A published file on this machine: in this program's cache, torch's hub folder, Hugging Face's cache, else fetched into the first.
 * Throws `DOWNLOAD_OFFLINE` where it would have to be fetched and may not be, and what `fetchOnce` throws.
 */
export async function obtainPublished(file: PublishedFile, options: ObtainOptions): Promise<string> {
  const { env } = options;
  const known = { ...file, sha256: options.sha256 ?? file.sha256 };
  const own = join(userCacheFolder("files", env), file.name);
  if (await isFile(own)) {
    const wrong = (await readRecord(own)) ? undefined : await whatIsWrong(own, known);
    if (!wrong) return own;
    throw new LoratError(
      "DOWNLOAD_CHECKSUM",
      `${own}, which was put there by hand, is not ${file.name}: ${wrong}`,
      {
        hint: `Remove it and fetch it again from ${file.page}.`,
      },
    );
  }
  if (await isFile(elsewhere(own))) return elsewhere(own);
  return (await inOtherCaches(known, options)) ?? fetchPublished(known, own, options);
}

/** Where the same weights go that come from another host. */
const elsewhere = (own: string) => own.replace(/\.\w+$/, ".safetensors");

/** A file behind any address, in the cache. Throws as {@link obtainPublished} does. */
export async function obtainAddress(address: string, path: string, options: ObtainOptions): Promise<string> {
  if (await isFile(path)) return path;
  requireOnline(address, options);
  const url = atEndpoint(address, options.env);
  await fetchOnce({ ...(await fetching(url, options)), path, sha256: options.sha256 });
  return path;
}

async function inOtherCaches(
  file: PublishedFile,
  { env, onNote }: ObtainOptions,
): Promise<string | undefined> {
  const torch = join(torchHubFolder(env), file.name);
  if (await isFile(torch)) {
    const wrong = await whatIsWrong(torch, file);
    if (!wrong) return torch;
    onNote?.(`${torch} is not used: ${wrong}`);
  }
  for (const hub of file.hubs) {
    const found = await inHuggingFaceCache(hub, MODEL_FILE, env);
    if (!found) continue;
    const wrong = await whatIsWrong(found.path, found);
    if (!wrong) return found.path;
    onNote?.(`${found.path} is not used: ${wrong}`);
  }
  return undefined;
}

async function fetchPublished(file: PublishedFile, own: string, options: ObtainOptions): Promise<string> {
  const { env, onNote } = options;
  const hint = `Fetch ${file.name} in a browser from ${file.page}, put it at ${own}, and give the same command again.`;
  requireOnline(file.name, options, hint);
  let failure: unknown;
  for (const [i, address] of file.addresses.entries()) {
    const first = i === 0;
    // The same weights elsewhere are another file, with a checksum of its own.
    const path = first ? own : elsewhere(own);
    const url = mirrored(address, env);
    if (failure) onNote?.(`${(failure as Error).message}; trying ${new URL(url).host}`);
    try {
      const { sha256, bytes, leastBytes } = file;
      const facts = first ? { sha256, bytes, leastBytes } : {};
      await fetchOnce({ ...(await fetching(url, options)), ...facts, path, hint });
      return path;
    } catch (error) {
      if (!isHostsFault(error)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** Failures that another host may not have. */
const HOSTS_FAULTS = ["NOT_FOUND", "DENIED", "BUSY", "FAILED", "PAGE", "UNREACHABLE", "REDIRECTS"];

function isHostsFault(error: unknown): boolean {
  return error instanceof LoratError && HOSTS_FAULTS.some((what) => error.code === `DOWNLOAD_${what}`);
}

async function fetching(url: string, options: ObtainOptions) {
  const { env, signal, onProgress, onWait, pauseMs } = options;
  const isHub = url.startsWith(`${huggingFaceEndpoint(env)}/`);
  const name = new URL(url).pathname.split("/").at(-1) || url;
  return {
    url,
    token: isHub ? await huggingFaceToken(env) : undefined,
    signal,
    onWait,
    pauseMs,
    onProgress: (done: number, total: number | undefined) => onProgress?.(name, done, total),
  };
}

function requireOnline(what: string, { env, offline }: ObtainOptions, hint?: string): void {
  if (!offline && !isOffline(env)) return;
  const why = offline ? "--offline was given" : "HF_HUB_OFFLINE is set";
  throw new LoratError("DOWNLOAD_OFFLINE", `${what} is not on this machine, and nothing is fetched: ${why}`, {
    hint,
  });
}

interface KnownFacts {
  readonly bytes?: number | undefined;
  readonly leastBytes?: number | undefined;
  readonly sha256?: string | undefined;
}

/** Why a file is not the one that was meant; undefined where nothing speaks against it. */
async function whatIsWrong(path: string, file: KnownFacts): Promise<string | undefined> {
  const short = await tooShort(path, file);
  if (short || file.sha256 === undefined) return short;
  const found = await sha256Of(path);
  return found === file.sha256
    ? undefined
    : `its checksum (SHA-256) is ${found}, it should be ${file.sha256}`;
}

async function tooShort(path: string, file: KnownFacts): Promise<string | undefined> {
  const { size } = await stat(path);
  if (file.bytes !== undefined && size !== file.bytes)
    return `it has ${size} bytes, it should have ${file.bytes}`;
  if (file.leastBytes === undefined || size > file.leastBytes) return undefined;
  return `it has ${size} bytes, its tensors alone should have ${file.leastBytes}`;
}
