import { createWriteStream } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LoratError } from "@lorat/graph";

/** Kinds of answers that have no end: pictures as a camera takes them, and playlists of those. */
const WITHOUT_END = /^(multipart\/x-mixed-replace|application\/(vnd\.apple\.mpegurl|x-mpegurl|dash\+xml))/i;

export interface FetchInputOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of every piece; `total` is undefined where the server does not tell. */
  readonly onBytes?: ((done: number, total: number | undefined) => void) | undefined;
}

/**
 * Fetches an `http` or `https` address into `file`. Gives "live" without fetching where the answer has no end. Throws `INPUT_NOT_FOUND` where
 * there is nothing at the address, `INPUT_UNREADABLE` where the server cannot be reached, answers with an error or a web page, or ends early.
 */
export async function fetchInput(
  address: string,
  file: string,
  { signal, onBytes }: FetchInputOptions = {},
): Promise<"file" | "live"> {
  const response = await fetch(address, signal ? { signal } : {}).catch((cause: unknown) => {
    if (signal?.aborted) throw signal.reason;
    throw unreadable(address, reasonOf(cause), cause);
  });
  const { ok, status, body, headers } = response;
  const kind = headers.get("content-type") ?? "";
  if (!ok || !body) {
    await body?.cancel();
    if (status === 404 || status === 410)
      throw new LoratError("INPUT_NOT_FOUND", `there is nothing at ${address} (${status})`);
    throw unreadable(address, `the server answers ${status}`);
  }
  if (WITHOUT_END.test(kind)) {
    await body.cancel();
    return "live";
  }
  if (/^text\/html/i.test(kind)) {
    await body.cancel();
    throw unreadable(
      address,
      "it is a web page, not a video",
      undefined,
      "Give the address of the video file itself.",
    );
  }
  const length = headers.get("content-encoding")
    ? undefined
    : Number(headers.get("content-length")) || undefined;
  let done = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _, next) {
      done += chunk.length;
      onBytes?.(done, length);
      next(null, chunk);
    },
  });
  try {
    const target = createWriteStream(file, { flags: "wx", mode: 0o600 });
    await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), counter, target);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw unreadable(address, `it ended after ${done} bytes: ${reasonOf(cause)}`, cause, "Try it again.");
  }
  if (length !== undefined && done < length)
    throw unreadable(address, `it ended after ${done} of ${length} bytes`, undefined, "Try it again.");
  return "file";
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message : String(inner);
}

function unreadable(address: string, reason: string, cause?: unknown, hint?: string): LoratError {
  return new LoratError("INPUT_UNREADABLE", `${address} cannot be read: ${reason}`, { cause, hint });
}
