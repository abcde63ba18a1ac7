import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { LoratError } from "@lorat/graph";
import { unwritable } from "../system-error.ts";
import { isPage, readPage } from "./page.ts";
import { forgetState, openPartial, type Partial, requireRoom } from "./partial.ts";
import { type Answer, request } from "./request.ts";
import { networkError, statusError } from "./status-error.ts";

export interface DownloadOptions {
  readonly url: string;
  /** Where the file goes when it is whole. */
  readonly path: string;
  /** Length that it must have. */
  readonly bytes?: number | undefined;
  /** Length that it must exceed, where no more is known. */
  readonly leastBytes?: number | undefined;
  readonly sha256?: string | undefined;
  readonly token?: string | undefined;
  /** What to do by hand where the file cannot be had this way. */
  readonly hint?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `total` is undefined where the host does not tell. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  /** Attempts in a row that bring nothing before it gives up; default: 5. */
  readonly attempts?: number | undefined;
  /** Milliseconds before the second attempt, doubled after each; default: 1000. */
  readonly pauseMs?: number | undefined;
  /** Milliseconds without a byte after which a connection counts as dead; default: 60,000. */
  readonly stallMs?: number | undefined;
}

/** A file that was fetched. */
export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Fetches an address into a file, which gets its name when it is whole and checked. What an earlier attempt left is gone on from
 * where the host can do that and still has the same content; a connection that breaks is taken up again.
 *
 * Throws `DOWNLOAD_ADDRESS`, `DOWNLOAD_REDIRECTS`, `DOWNLOAD_NOT_FOUND`, `DOWNLOAD_DENIED`, `DOWNLOAD_BUSY`, `DOWNLOAD_FAILED`,
 * `DOWNLOAD_PAGE` for a page in place of the file, `DOWNLOAD_LENGTH`, `DOWNLOAD_CHECKSUM`, `DOWNLOAD_UNREACHABLE`,
 * `DOWNLOAD_STOPPED` and `OUTPUT_UNWRITABLE`; what was fetched is kept, except where it is wrong.
 */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { url, path, attempts = 5, pauseMs = 1000, signal } = options;
  const partial = await openPartial(path, url);
  let address = url;
  let facts: Facts = { sha256: options.sha256, bytes: options.bytes };
  try {
    for (let fruitless = 0; ; ) {
      const before = partial.have;
      const outcome = await attempt(address, partial, facts, options);
      facts = { ...outcome.facts, ...defined(facts) };
      if (outcome.kind === "whole") break;
      if (outcome.kind === "moved") {
        address = outcome.address;
        continue;
      }
      if (partial.have > before) fruitless = 0;
      else if (++fruitless >= attempts) throw outcome.error;
      const pause = Math.max(
        outcome.pauseMs ?? 0,
        Math.min(30_000, pauseMs * 2 ** Math.max(0, fruitless - 1)),
      );
      if (signal?.aborted) throw stopped(url, partial);
      await sleep(pause, undefined, { signal }).catch(() => {
        throw stopped(url, partial);
      });
    }
  } finally {
    await partial.close();
  }
  return finish(partial, facts, options);
}

const MOST_PAGE_BYTES = 2 ** 20;

/** What the file has to be. */
type Facts = { readonly sha256?: string | undefined; readonly bytes?: number | undefined };

type Outcome = { readonly facts: Facts } & (
  | { readonly kind: "whole" }
  | { readonly kind: "moved"; readonly address: string }
  | { readonly kind: "broken"; readonly error: LoratError; readonly pauseMs?: number }
);

async function attempt(
  address: string,
  partial: Partial,
  known: Facts,
  options: DownloadOptions,
): Promise<Outcome> {
  const { url, token, hint, signal, stallMs = 60_000 } = options;
  const dead = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => dead.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  };
  let answer: Answer | undefined;
  try {
    alive();
    const joined = AbortSignal.any(signal ? [signal, dead.signal] : [dead.signal]);
    const { validator } = partial.state;
    answer = await request(address, {
      token,
      signal: joined,
      headers:
        partial.have > 0
          ? { range: `bytes=${partial.have}-`, ...(validator && { "if-range": validator }) }
          : {},
    });
    const { response, linked } = answer;
    const facts = { ...defined(linked), ...defined(known) };
    if (response.status === 416) return { facts, ...(await afterRangeRefused(response, partial, url)) };
    if (!response.ok) {
      const { again, error } = statusError(url, response.status, hint);
      if (!again) throw error;
      return { kind: "broken", facts, error, pauseMs: retryAfter(response) };
    }
    // A page in place of the file must not replace what is there.
    const html = /^text\/html/i.test(response.headers.get("content-type") ?? "");
    const total = html ? undefined : await begin(response, partial, url);
    if (!html) await requireRoom(options.path, (total ?? facts.bytes ?? 0) - partial.have);
    const page = await readBody(response, partial, { html, total, alive, ...options });
    if (page !== undefined)
      return { kind: "moved", facts, address: confirmedAddress(page, answer, address, options) };
    const expected = total ?? facts.bytes;
    if (expected === undefined || partial.have >= expected) return { kind: "whole", facts };
    const cut = `the connection ended after ${partial.have} of ${expected} bytes`;
    return { kind: "broken", facts, error: new LoratError("DOWNLOAD_LENGTH", `${url}: ${cut}`, { hint }) };
  } catch (cause) {
    if (cause instanceof LoratError) throw cause;
    if (signal?.aborted) throw stopped(url, partial);
    const reason = dead.signal.aborted ? dead.signal.reason : cause;
    return { kind: "broken", facts: known, error: networkError(url, reason, hint) };
  } finally {
    clearTimeout(timer);
    await answer?.response.body?.cancel().catch(() => {});
  }
}

/** Brings the part to where the answer begins; gives the whole length where it is known. */
async function begin(response: Response, partial: Partial, url: string): Promise<number | undefined> {
  const { headers } = response;
  const tag = headers.get("etag");
  const validator = (tag && !tag.startsWith("W/") ? tag : headers.get("last-modified")) ?? undefined;
  if (response.status === 206) {
    const [, from, of] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
    const total = of === undefined || of === "*" ? undefined : Number(of);
    const { state } = partial;
    const same = state.total === undefined || total === undefined || state.total === total;
    if (from !== undefined && Number(from) === partial.have && same) {
      await partial.reset({ url, validator: validator ?? state.validator, total }, true);
      return total;
    }
    await partial.reset({ url }, false);
    throw new Error("the host sent another part than was asked for");
  }
  const length = headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  await partial.reset({ url, validator, total }, false);
  return total;
}

/** The body into the part; gives the text of a page that came in place of the file. */
async function readBody(
  response: Response,
  partial: Partial,
  options: Pick<DownloadOptions, "onProgress"> & {
    html: boolean;
    total: number | undefined;
    alive: () => void;
  },
): Promise<string | undefined> {
  const { html, total, alive, onProgress } = options;
  if (!response.body) return undefined;
  const page: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    alive();
    if (html || page.length > 0 || (partial.have === 0 && isPage(chunk))) {
      page.push(chunk);
      read += chunk.byteLength;
      if (read > MOST_PAGE_BYTES) break;
      continue;
    }
    await partial.append(chunk);
    onProgress?.(partial.have, total);
  }
  return html || page.length > 0 ? Buffer.concat(page).toString("utf8") : undefined;
}

/** The file's address where a page leads to it; throws `DOWNLOAD_PAGE` for other pages. */
function confirmedAddress(
  html: string,
  { url: from }: Answer,
  address: string,
  { url, hint }: DownloadOptions,
): string {
  const { what, confirmed } = readPage(html, from);
  if (confirmed && address === url && confirmed.href !== address) return confirmed.href;
  throw new LoratError("DOWNLOAD_PAGE", `${url} gave ${what} in place of the file`, { hint });
}

async function afterRangeRefused(response: Response, partial: Partial, url: string) {
  const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (total !== undefined && Number(total) === partial.have) return { kind: "whole" } as const;
  await partial.reset({ url }, false);
  const error = new LoratError("DOWNLOAD_FAILED", `${url} has less than was fetched before`);
  return { kind: "broken", error } as const;
}

async function finish(
  partial: Partial,
  { bytes, sha256 }: Facts,
  { url, path, hint, leastBytes = 0 }: DownloadOptions,
): Promise<Downloaded> {
  if (partial.have < leastBytes || (bytes !== undefined && partial.have !== bytes)) {
    await partial.discard();
    const wanted = bytes === undefined ? `more than ${leastBytes}` : `${bytes}`;
    const found = `${partial.have} bytes came, it should have ${wanted}`;
    throw new LoratError("DOWNLOAD_LENGTH", `${url}: ${found}`, { hint });
  }
  const found = await sha256Of(partial.path);
  if (sha256 !== undefined && found !== sha256) {
    await partial.discard();
    const text = `the file's checksum (SHA-256) is ${found}, it should be ${sha256}`;
    throw new LoratError("DOWNLOAD_CHECKSUM", `${url}: ${text}`, { hint });
  }
  try {
    await rename(partial.path, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  await forgetState(path);
  return { bytes: partial.have, sha256: found };
}

/** The SHA-256 of a file, in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }))
    hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

function retryAfter(response: Response): number {
  const seconds = Number(response.headers.get("retry-after"));
  return Number.isFinite(seconds) ? 1000 * Math.min(Math.max(seconds, 0), 60) : 0;
}

function defined<T extends object>(facts: T): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T;
}

function stopped(url: string, { have }: Partial): LoratError {
  return new LoratError("DOWNLOAD_STOPPED", `${url} was stopped after ${have} bytes, which are kept`, {
    hint: "The same command goes on from there.",
  });
}
