import { Readable } from "node:stream";
import type { Frame } from "@lorat/core";
import { expect, it } from "vitest";
import type { FrameRange } from "./frame-source.ts";
import { openRawFrames, type RawFormat } from "./raw-frames.ts";

async function read(
  bytes: readonly number[],
  format: RawFormat,
  { fps, chunk = 5, ...range }: FrameRange & { readonly fps?: number; readonly chunk?: number } = {},
): Promise<{ frames: Frame[]; error?: unknown }> {
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    Buffer.from(bytes.slice(i * chunk, (i + 1) * chunk)),
  );
  const source = openRawFrames(Readable.from(chunks), "pipe", { width: 2, height: 1, format, fps });
  const frames: Frame[] = [];
  try {
    for await (const frame of source.frames(range)) frames.push(frame);
  } catch (error) {
    return { frames, error };
  } finally {
    await source.dispose();
  }
  return { frames };
}

const pixels = ({ frames }: { frames: Frame[] }) => frames.map(({ data }) => [...data]);
const count = (length: number) => Array.from({ length }, (_, i) => i);

it("cuts a stream into frames, wherever its chunks end", async () => {
  for (const chunk of [1, 5, 6, 13, 100]) {
    const { frames, error } = await read(count(18), "rgb24", { fps: 10, chunk });
    expect(error).toBeUndefined();
    expect(pixels({ frames })).toEqual([count(6), count(12).slice(6), count(18).slice(12)]);
    expect(frames.map(({ index, timestampSec }) => [index, timestampSec])).toEqual([
      [0, 0],
      [1, 0.1],
      [2, 0.2],
    ]);
  }
});

it("gives RGB or RGBA, whatever the order of the bytes", async () => {
  expect(pixels(await read([1, 2, 3, 4, 5, 6], "bgr24"))).toEqual([[3, 2, 1, 6, 5, 4]]);
  expect(pixels(await read([1, 2, 3, 9, 4, 5, 6, 8], "rgba"))).toEqual([[1, 2, 3, 9, 4, 5, 6, 8]]);
  expect(pixels(await read([1, 2, 3, 9, 4, 5, 6, 8], "bgra"))).toEqual([[3, 2, 1, 9, 6, 5, 4, 8]]);
  expect(pixels(await read([7, 8], "gray"))).toEqual([[7, 7, 7, 8, 8, 8]]);
});

it("reads a stretch", async () => {
  const { frames } = await read(count(24), "rgb24", { start: 1, end: 3 });
  expect(frames.map(({ index }) => index)).toEqual([1, 2]);
});

it("says where a stream ends within a frame, after what is whole", async () => {
  const { frames, error } = await read(count(16), "rgb24");
  expect(frames).toHaveLength(2);
  expect(error).toMatchObject({
    code: "STREAM_TRUNCATED",
    message: "pipe ends within frame 2: 4 of its 6 bytes have come",
  });
});

it("refuses a stream without a frame, or without the one to start on", async () => {
  expect((await read([], "rgb24")).error).toMatchObject({ code: "VIDEO_NO_FRAMES" });
  expect((await read(count(6), "rgb24", { start: 1 })).error).toMatchObject({ code: "FRAME_RANGE" });
});
