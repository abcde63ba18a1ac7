import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { collect, readNumber, withFolder, writeClip } from "../testing/clips.ts";
import { openFrames } from "./open-frames.ts";

let clip: Buffer;
let base: string;
const answers: Record<string, (response: ServerResponse) => void> = {
  "/clip.mp4": (response) => response.setHeader("content-length", clip.length).end(clip),
  "/cut.mp4": (response) => {
    response.setHeader("content-length", clip.length).write(clip.subarray(0, 100));
    setTimeout(() => response.destroy(), 20);
  },
  "/page": (response) => response.setHeader("content-type", "text/html").end("<html>log in</html>"),
  "/broken": (response) => response.writeHead(500).end(),
  "/text.mp4": (response) => response.end("no video\n".repeat(100)),
  "/slow.mp4": (response) => void response.write(clip.subarray(0, 100)),
};
const server = createServer(({ url = "" }, response) => {
  const answer = answers[url];
  if (answer) answer(response);
  else response.writeHead(404).end();
});

beforeAll(async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "clip.mp4");
    await writeClip(path, { frames: 6 });
    clip = await readFile(path);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it("opens a video behind an address, and tells how far it is", async () => {
  const told: (number | undefined)[] = [];
  const source = await openFrames(`${base}/clip.mp4`, { onBytes: (_, total) => void told.push(total) });
  expect((await collect(source.frames())).map(readNumber)).toEqual([0, 1, 2, 3, 4, 5]);
  await source.dispose();
  expect(told).toContain(clip.length);
});

it.each([
  ["/none.mp4", "INPUT_NOT_FOUND", "there is nothing at"],
  ["/broken", "INPUT_UNREADABLE", "the server answers 500"],
  ["/page", "INPUT_UNREADABLE", "it is a web page"],
  ["/cut.mp4", "INPUT_UNREADABLE", "it ended after"],
  ["/text.mp4", "VIDEO_NOT_RECOGNISED", "/text.mp4"],
])("says what is wrong with %s", async (path, code, text) => {
  await expect(openFrames(base + path)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(text),
  });
});

it("stops when it is told to, and refuses addresses that it cannot read", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await expect(openFrames(`${base}/slow.mp4`, { signal: stop.signal })).rejects.toThrow("enough");
  await expect(openFrames("http://127.0.0.1:1/clip.mp4")).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  await expect(openFrames("gopher://host/clip.mp4")).rejects.toMatchObject({ code: "INPUT_NOT_FOUND" });
});
