import { LoratError } from "@lorat/graph";
import { throwIfCancelled } from "./cancel.ts";

/** What an address gave. */
export interface Download {
  readonly blob: Blob;
  /** Tells this content from others of the same address; undefined where the server says nothing that does. */
  readonly version: string | undefined;
}

interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of every piece; `total` is undefined where the server does not tell the length. */
  readonly onBytes?: (loaded: number, total: number | undefined) => void;
}

/**
 * Fetches a whole file, or undefined where the address has none: 404, 410, or a web page in its place. Throws `MODEL_FETCH` where the
 * server cannot be reached or answers with an error, `WEIGHTS_TRUNCATED` where it ends early, `LOAD_CANCELLED`.
 */
export async function download(
  address: string,
  { signal, onBytes }: DownloadOptions,
): Promise<Download | undefined> {
  const response = await answerOf(address, "GET", signal);
  if (!response) return undefined;
  const total = lengthOf(response);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  try {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      chunks.push(part.value);
      loaded += part.value.length;
      onBytes?.(loaded, total);
    }
  } catch (cause) {
    throwIfCancelled(signal);
    if (total === undefined || loaded >= total) throw unreachable(address, cause);
  }
  throwIfCancelled(signal);
  if (total !== undefined && loaded < total) {
    throw new LoratError("WEIGHTS_TRUNCATED", `${address} ended after ${loaded} of ${total} bytes`, {
      hint: "The connection broke: load it again.",
    });
  }
  return { blob: new Blob(chunks), version: versionOf(response) };
}

/** The version that the server has now; undefined where it does not tell, or cannot be reached. */
export async function versionAt(
  address: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly reached: boolean; readonly version: string | undefined }> {
  try {
    const response = await answerOf(address, "HEAD", signal);
    return { reached: true, version: response && versionOf(response) };
  } catch {
    throwIfCancelled(signal);
    return { reached: false, version: undefined };
  }
}

async function answerOf(
  address: string,
  method: "GET" | "HEAD",
  signal: AbortSignal | undefined,
): Promise<Response | undefined> {
  throwIfCancelled(signal);
  let response: Response;
  try {
    response = await fetch(address, { method, signal: signal ?? null });
  } catch (cause) {
    throwIfCancelled(signal);
    throw unreachable(address, cause);
  }
  const isPage = /^text\/html/i.test(response.headers.get("content-type") ?? "");
  if (response.status === 404 || response.status === 410 || (response.ok && isPage)) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.ok) return response;
  await response.body?.cancel();
  const hint =
    response.status === 401 || response.status === 403
      ? "The server asks for permission: download the files and give them instead."
      : "Try again later, or download the files and give them instead.";
  throw new LoratError(
    "MODEL_FETCH",
    `${address}: the server answered ${response.status} ${response.statusText}`.trim(),
    { hint },
  );
}

/** Bytes that will arrive; compressed answers tell another number. */
function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get("content-length");
  return length === null || headers.get("content-encoding") ? undefined : Number(length);
}

/** Size alone is no version: weights of one shape all have the same. */
function versionOf({ headers }: Response): string | undefined {
  const facts = ["etag", "last-modified"].map((name) => headers.get(name) ?? "");
  if (facts.every((fact) => fact === "")) return undefined;
  return facts.join("|");
}

function unreachable(address: string, cause: unknown): LoratError {
  return new LoratError("MODEL_FETCH", `${address} cannot be fetched: ${(cause as Error).message}`, {
    hint: "Check the address and the connection; a page may read another site only where that sends CORS headers.",
    cause,
  });
}
