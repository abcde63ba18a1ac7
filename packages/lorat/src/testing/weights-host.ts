import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers one request. */
export type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Host {
  /** Address of the host, without a slash at its end. */
  readonly url: string;
  /** Paths (with their query) that were asked for, in order, with the range that was. */
  readonly asked: { path: string; range: string | undefined; authorization: string | undefined }[];
  /** What answers by path without its query; others are 404. */
  readonly routes: Map<string, Answerer>;
  close(): Promise<void>;
}

/** A host on this machine's own address, for tests. */
export async function openHost(): Promise<Host> {
  const routes = new Map<string, Answerer>();
  const asked: Host["asked"] = [];
  const server = createServer((request, response) => {
    const { range, authorization } = request.headers;
    asked.push({ path: request.url!, range, authorization });
    const answer = routes.get(new URL(request.url!, "http://host").pathname);
    if (answer) return answer(request, response);
    response.writeHead(404, { "content-type": "text/html" }).end("<!doctype html><title>404</title>");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    routes,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

interface FileOptions {
  readonly etag?: string;
  /** Whether ranges are answered; default: true. */
  readonly ranges?: boolean;
  /** How many bytes of an answer that begins at `from` are sent before the connection is cut; asked anew for each. */
  readonly cutAfter?: (from: number) => number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds between pieces of 64 kB. */
  readonly paceMs?: number;
}

/** A file as object stores serve it: with ranges, an entity tag, `if-range`. */
export function fileAnswer(bytes: Uint8Array, options: FileOptions = {}): Answerer {
  const { etag = '"one"', ranges = true, cutAfter, headers = {}, paceMs = 0 } = options;
  return (request, response) => {
    const [, asked] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
    const same = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
    const from = asked !== undefined && ranges && same ? Number(asked) : undefined;
    const common = { etag, "content-type": "application/octet-stream", ...headers };
    if (from !== undefined && from >= bytes.length) {
      response.writeHead(416, { ...common, "content-range": `bytes */${bytes.length}` }).end();
      return;
    }
    const body = bytes.subarray(from ?? 0);
    response.writeHead(from === undefined ? 200 : 206, {
      ...common,
      "content-length": body.length,
      ...(from !== undefined && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    const cut = cutAfter?.(from ?? 0);
    const sent = cut === undefined ? body : body.subarray(0, cut);
    if (paceMs === 0) {
      response.write(sent, () =>
        cut === undefined || cut >= body.length ? response.end() : response.destroy(),
      );
      return;
    }
    let at = 0;
    const timer = setInterval(() => {
      if (at >= sent.length || response.destroyed) {
        clearInterval(timer);
        response.end();
        return;
      }
      response.write(sent.subarray(at, at + 65_536));
      at += 65_536;
    }, paceMs);
  };
}

/** A redirect. */
export function redirectAnswer(to: string, headers: Readonly<Record<string, string>> = {}): Answerer {
  return (_, response) => void response.writeHead(302, { location: to, ...headers }).end();
}

/** A page in place of a file, with the status that Google Drive gives it. */
export function pageAnswer(body: string): Answerer {
  return (_, response) =>
    void response
      .writeHead(200, { "content-type": "text/html; charset=utf-8" })
      .end(`<!DOCTYPE html><html><body>${body}</body></html>`);
}
