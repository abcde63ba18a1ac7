import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Answerer,
  fileAnswer,
  type Host,
  openHost,
  pageAnswer,
  redirectAnswer,
} from "../../testing/weights-host.ts";
import { type DownloadOptions, download, fetchOnce, readRecord } from "./index.ts";

const content = randomBytes(300_000);
const sum = createHash("sha256").update(content).digest("hex");
let root = "";
let folder = "";
let host: Host;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lorat-download-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  host = await openHost();
  folder = join(root, String(made++));
  await import("node:fs/promises").then(({ mkdir }) => mkdir(folder));
});
afterEach(() => host.close());

const fetching = (options: Partial<DownloadOptions> = {}): DownloadOptions => ({
  url: `${host.url}/f.bin`,
  path: join(folder, "f.bin"),
  pauseMs: 1,
  ...options,
});
const serve = (answer: Answerer, path = "/f.bin") => host.routes.set(path, answer);

describe("download", () => {
  it("fetches a file through redirects, checks it and leaves nothing beside it", async () => {
    serve(redirectAnswer("/elsewhere", { "x-linked-etag": `"${sum}"`, "x-linked-size": "300000" }));
    serve(fileAnswer(content), "/elsewhere");
    const progress: number[] = [];
    const found = await download(fetching({ sha256: sum, onProgress: (done) => progress.push(done) }));
    expect(found).toEqual({ bytes: 300_000, sha256: sum });
    expect(await readFile(join(folder, "f.bin"))).toEqual(content);
    expect(progress.at(-1)).toBe(300_000);
    expect(await readdir(folder)).toEqual(["f.bin"]);
  });

  it("resumes to the same checksum wherever it is cut, twenty times", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(299_999), { minLength: 20, maxLength: 20 }), async (places) => {
        // Twenty places in the file; each connection is cut at the next one.
        const cuts = [...new Set(places)].sort((a, b) => a - b);
        const cutAfter = (from: number) => {
          const next = cuts.find((place) => place > from);
          cuts.splice(0, cuts.findIndex((place) => place > from) + 1 || cuts.length);
          return next === undefined ? undefined : next - from;
        };
        serve(fileAnswer(content, { cutAfter }));
        host.asked.length = 0;
        await rm(join(folder, "f.bin"), { force: true });
        expect((await download(fetching({ sha256: sum, attempts: 50 }))).sha256).toBe(sum);
        const starts = host.asked.map(({ range }) => Number(/\d+/.exec(range ?? "0")![0]));
        expect(starts.length).toBeGreaterThan(10);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
      }),
      { numRuns: 3 },
    );
  });

  it("goes on from what a stopped attempt left, also where the host cannot or has other content by now", async () => {
    for (const [answer, expected, asked] of [
      [fileAnswer(content), content, 206],
      [fileAnswer(content, { ranges: false }), content, 200],
      [fileAnswer(Buffer.alloc(250_000, 7), { etag: '"two"' }), Buffer.alloc(250_000, 7), 200],
      [fileAnswer(content.subarray(0, 10), { etag: '"three"' }), content.subarray(0, 10), 200],
    ] as const) {
      await rm(join(folder, "f.bin"), { force: true });
      const stop = new AbortController();
      serve(fileAnswer(content, { paceMs: 5 }));
      const onProgress = (done: number) => done > 60_000 && stop.abort();
      await expect(download(fetching({ signal: stop.signal, onProgress }))).rejects.toMatchObject({
        code: "DOWNLOAD_STOPPED",
      });
      expect(await readdir(folder)).toEqual(["f.bin.part", "f.bin.part.json"]);
      serve(answer);
      host.asked.length = 0;
      await download(fetching());
      expect(await readFile(join(folder, "f.bin")), `${asked}`).toEqual(Buffer.from(expected));
      expect(host.asked[0]!.range).toMatch(/^bytes=[1-9]\d+-$/);
      expect(await readdir(folder)).toEqual(["f.bin"]);
    }
  });

  it("finishes a part that was whole already, and drops one of another address", async () => {
    serve(fileAnswer(content));
    await writeFile(join(folder, "f.bin.part"), content);
    await writeFile(join(folder, "f.bin.part.json"), JSON.stringify({ url: `${host.url}/f.bin` }));
    await download(fetching({ sha256: sum }));
    expect(host.asked).toHaveLength(1);
    await rm(join(folder, "f.bin"));
    await writeFile(join(folder, "f.bin.part"), "of another");
    await writeFile(join(folder, "f.bin.part.json"), JSON.stringify({ url: `${host.url}/g.bin` }));
    expect((await download(fetching())).sha256).toBe(sum);
  });

  it("follows Google Drive's warning about large files to the file", async () => {
    const form = `Google Drive can't scan this file for viruses.
      <form id="download-form" action="/confirmed" method="get"><input type="hidden" name="id" value="a&amp;b">
      <input type="hidden" name="uuid" value="1-2"></form>`;
    serve(pageAnswer(form));
    serve(fileAnswer(content), "/confirmed");
    expect((await download(fetching())).sha256).toBe(sum);
    expect(host.asked.at(-1)!.path).toBe("/confirmed?id=a%26b&uuid=1-2");
    // A form that leads back to the page is followed once.
    serve(pageAnswer(form), "/confirmed");
    await rm(join(folder, "f.bin"));
    await expect(download(fetching())).rejects.toMatchObject({ code: "DOWNLOAD_PAGE" });
  });

  const status =
    (code: number, headers = {}): Answerer =>
    (_, response) =>
      void response.writeHead(code, headers).end();
  it.each<[code: string, what: string, answer: Answerer, said: RegExp, options?: Partial<DownloadOptions>]>([
    [
      "DOWNLOAD_PAGE",
      "a quota",
      pageAnswer("Sorry, download quota exceeded, too many users"),
      /fetched too often/,
    ],
    [
      "DOWNLOAD_PAGE",
      "a login",
      pageAnswer('<a href="https://accounts.google.com">Sign in</a>'),
      /page to sign in/,
    ],
    [
      "DOWNLOAD_PAGE",
      "a page as bytes",
      fileAnswer(Buffer.from("\n<!doctype html><p>hello")),
      /a page of HTML/,
    ],
    ["DOWNLOAD_NOT_FOUND", "404", status(404), /answered 404: there is no such file/],
    ["DOWNLOAD_DENIED", "401", status(401), /answered 401/],
    ["DOWNLOAD_BUSY", "429 again and again", status(429, { "retry-after": "0" }), /too many requests/],
    ["DOWNLOAD_FAILED", "503 again and again", status(503), /the host has a fault/],
    ["DOWNLOAD_REDIRECTS", "a circle", redirectAnswer("/f.bin"), /in a circle/],
    ["DOWNLOAD_REDIRECTS", "away from the web", redirectAnswer("file:///etc/passwd"), /is not followed/],
    [
      "DOWNLOAD_LENGTH",
      "a short file",
      fileAnswer(content),
      /300000 bytes came, it should have 400000/,
      { bytes: 400_000 },
    ],
    [
      "DOWNLOAD_LENGTH",
      "a shorter one than its tensors",
      fileAnswer(content),
      /more than 400000/,
      { leastBytes: 400_000 },
    ],
    [
      "DOWNLOAD_CHECKSUM",
      "another file",
      fileAnswer(content),
      /checksum .* should be 0{64}/,
      { sha256: "0".repeat(64) },
    ],
    ["DOWNLOAD_LENGTH", "cuts that bring nothing", fileAnswer(content, { cutAfter: () => 0 }), /.*/],
  ])("%s: %s", async (code, _, answer, said, options) => {
    serve(answer);
    const failure = download(fetching({ attempts: 3, hint: "fetch it by hand", ...options }));
    const expected =
      code === "DOWNLOAD_LENGTH" && !options ? /^DOWNLOAD_(LENGTH|UNREACHABLE)$/ : new RegExp(`^${code}$`);
    await expect(failure).rejects.toMatchObject({
      name: "LoratError",
      code: expect.stringMatching(expected),
      message: expect.stringMatching(said),
    });
    expect(await readdir(folder)).not.toContain("f.bin");
  });

  it("keeps what was fetched when a page comes in place of the rest", async () => {
    const stop = new AbortController();
    serve(fileAnswer(content, { paceMs: 5 }));
    const onProgress = (done: number) => done > 60_000 && stop.abort();
    await download(fetching({ signal: stop.signal, onProgress })).catch(() => {});
    serve(pageAnswer("quota exceeded"));
    await expect(download(fetching())).rejects.toMatchObject({ code: "DOWNLOAD_PAGE" });
    expect((await readFile(join(folder, "f.bin.part"))).length).toBeGreaterThan(60_000);
  });

  it("says that a host cannot be reached or is silent, and refuses what is no address", async () => {
    const { url } = host;
    await host.close();
    await expect(download(fetching({ url: `${url}/f.bin`, attempts: 2 }))).rejects.toMatchObject({
      code: "DOWNLOAD_UNREACHABLE",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    host = await openHost();
    serve(() => {});
    await expect(download(fetching({ attempts: 2, stallMs: 50 }))).rejects.toMatchObject({
      code: "DOWNLOAD_UNREACHABLE",
      message: expect.stringContaining("nothing came for 0.05 s"),
    });
    await expect(download(fetching({ url: "ftp://a/b" }))).rejects.toMatchObject({
      code: "DOWNLOAD_ADDRESS",
    });
  });

  it("sends a token to the address's own host alone", async () => {
    const other = await openHost();
    other.routes.set("/f", fileAnswer(content));
    serve(redirectAnswer(`${other.url}/f`));
    await download(fetching({ token: "secret" }));
    expect(host.asked[0]!.authorization).toBe("Bearer secret");
    expect(other.asked[0]!.authorization).toBeUndefined();
    await other.close();
  });
});

describe("fetchOnce", () => {
  it("fetches once for all who ask at the same time, and notes where from", async () => {
    serve(fileAnswer(content, { paceMs: 5 }));
    const waited: number[] = [];
    const all = await Promise.all(
      [0, 1, 2].map((i) => fetchOnce({ ...fetching(), onWait: () => waited.push(i) })),
    );
    expect(all.filter(({ fetched }) => fetched)).toHaveLength(1);
    expect(waited).toHaveLength(2);
    expect(host.asked).toHaveLength(1);
    expect(await readRecord(join(folder, "f.bin"))).toMatchObject({ bytes: 300_000, sha256: sum });
    expect((await readdir(folder)).sort()).toEqual(["f.bin", "f.bin.json"]);
    await host.close();
    expect(await fetchOnce(fetching())).toEqual({ fetched: false });
    host = await openHost();
  });
});
