import { LoratError } from "@lorat/graph";

/** What a host's refusal means; `again` for what may pass. */
export function statusError(url: string, status: number, hint: string | undefined) {
  const [code, text] = meaning(status);
  const again = status === 408 || status === 425 || status === 429 || status >= 500;
  return { again, error: new LoratError(code, `${url} answered ${status}: ${text}`, { hint }) };
}

function meaning(status: number): readonly [code: string, text: string] {
  switch (status) {
    case 401:
    case 403:
      return ["DOWNLOAD_DENIED", "it may not be fetched without signing in, or HF_TOKEN does not allow it"];
    case 404:
    case 410:
      return ["DOWNLOAD_NOT_FOUND", "there is no such file"];
    case 429:
      return ["DOWNLOAD_BUSY", "too many requests, try again later"];
    default:
      return ["DOWNLOAD_FAILED", status >= 500 ? "the host has a fault" : "the request was not taken"];
  }
}

/** A host that cannot be reached, or that breaks off again and again. */
export function networkError(url: string, cause: unknown, hint: string | undefined): LoratError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const { code } = (inner ?? {}) as { code?: unknown };
  const reason = inner instanceof Error ? inner.message || String(code ?? inner.name) : String(inner);
  return new LoratError("DOWNLOAD_UNREACHABLE", `${url} could not be fetched: ${reason}`, { cause, hint });
}
