import { LoratError } from "@lorat/graph";

/** An answer whose body has not been read, and what was learnt on the way to it. */
export interface Answer {
  readonly response: Response;
  /** Where the last redirect led. */
  readonly url: URL;
  /** What Hugging Face says of a file before it redirects to where the file lies. */
  readonly linked: { readonly sha256?: string; readonly bytes?: number };
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the address's own host alone, never to where it redirects. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MOST_REDIRECTS = 10;

/** An address that can be fetched. Throws `DOWNLOAD_ADDRESS`. */
export function parseAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new LoratError("DOWNLOAD_ADDRESS", `"${text}" is no address that can be fetched`, {
    hint: "Addresses begin with https:// or http://.",
  });
}

/**
 * Asks for an address and follows redirects by hand, so that a circle is told from a long way, a token stays with its host and
 * nobody leads from https to http. Throws `DOWNLOAD_REDIRECTS` and what `fetch` throws.
 */
export async function request(address: string, options: RequestOptions = {}): Promise<Answer> {
  const first = parseAddress(address);
  const seen = new Set<string>();
  let url = first;
  let linked: Answer["linked"] = {};
  for (;;) {
    if (seen.has(url.href) || seen.size > MOST_REDIRECTS) {
      const how = seen.has(url.href) ? "in a circle" : `on, more than ${MOST_REDIRECTS} times`;
      throw new LoratError("DOWNLOAD_REDIRECTS", `${address} redirects ${how}: ${url.href}`);
    }
    seen.add(url.href);
    const response = await fetch(url, {
      redirect: "manual",
      headers: {
        // Lengths and ranges are of the file itself.
        "accept-encoding": "identity",
        "user-agent": "lorat",
        ...options.headers,
        ...(options.token && url.origin === first.origin && { authorization: `Bearer ${options.token}` }),
      },
      signal: options.signal ?? null,
    });
    linked = { ...linked, ...linkedFacts(response.headers) };
    const target = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || response.status === 304 || target === null) {
      return { response, url, linked };
    }
    await response.body?.cancel();
    url = nextAddress(address, url, target);
  }
}

function nextAddress(address: string, from: URL, target: string): URL {
  const to = URL.canParse(target, from.href) ? new URL(target, from.href) : undefined;
  const safe = to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:");
  if (to && safe) return to;
  throw new LoratError(
    "DOWNLOAD_REDIRECTS",
    `${address} redirects to ${target}, which is not followed: it leads away from ${from.protocol}//`,
  );
}

function linkedFacts(headers: Headers): Answer["linked"] {
  const tag = headers.get("x-linked-etag")?.replace(/^(?:W\/)?"|"$/g, "");
  const size = headers.get("x-linked-size");
  return {
    ...(tag && /^[0-9a-f]{64}$/.test(tag) && { sha256: tag }),
    ...(size && /^\d+$/.test(size) && { bytes: Number(size) }),
  };
}
