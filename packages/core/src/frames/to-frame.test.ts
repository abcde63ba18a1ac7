import { describe, expect, it } from "vitest";
import type { FrameInput } from "./frame-input.ts";
import { toFrame } from "./to-frame.ts";

const bytes = (length: number) => new Uint8Array(length);
const given = (value: unknown) => () => toFrame(value as FrameInput);

describe("toFrame", () => {
  it("takes a frame as it is, without a copy", () => {
    const frame = { width: 4, height: 3, channels: 3, data: bytes(36), index: 7 } as const;
    expect(toFrame(frame)).toBe(frame);
  });

  it("takes RGB and RGBA bytes without a number of channels, and what sharp gives", () => {
    const rgba = { width: 4, height: 3, data: new Uint8ClampedArray(48), colorSpace: "srgb" };
    expect(toFrame(rgba)).toEqual({ width: 4, height: 3, channels: 4, data: rgba.data });
    expect(toFrame({ width: 4, height: 3, data: bytes(36) })).toMatchObject({ channels: 3 });
    const info = { format: "raw", width: 4, height: 3, channels: 3, size: 36 };
    expect(toFrame({ data: Buffer.alloc(36), info })).toMatchObject({ width: 4, channels: 3 });
  });

  it.each([
    ["bytes of another number", { width: 4, height: 3, data: bytes(37) }],
    ["a grey picture of sharp", { data: bytes(12), info: { width: 4, height: 3, channels: 1 } }],
    ["floats", { width: 4, height: 3, channels: 3, data: new Float32Array(36) }],
    ["no data", { width: 4, height: 3, channels: 3 }],
    ["no size", { data: bytes(12), channels: 3 }],
  ])("refuses %s", (_, value) => {
    expect(given(value)).toThrow(expect.objectContaining({ code: "FRAME_FORM" }));
  });

  it.each([
    ["clip.mp4", 'the text "clip.mp4"', /Decode the file/],
    [undefined, "undefined", undefined],
    [7, "a number", undefined],
    [bytes(12), "12 bytes (Uint8Array)", /width and height/],
    [new ArrayBuffer(8), "8 bytes (ArrayBuffer)", /width and height/],
    [{ pixels: 1, size: 2 }, "an object with { pixels, size }", undefined],
    [Promise.resolve(), "an object of class Promise", /Await/],
    [new Blob([]), "an object of class Blob", /createImageBitmap/],
    [{ toBuffer() {} }, "an object with { toBuffer }", /resolveWithObject/],
  ])("says what was given and what is taken: %s", (value, what, hint) => {
    const error = { code: "FRAME_KIND", ...(hint && { hint: expect.stringMatching(hint) }) };
    expect(given(value)).toThrow(expect.objectContaining(error));
    expect(given(value)).toThrow(`got ${what}; taken are { width, height, data }`);
  });

  it("says that Node has no canvas to read a page's picture with, and that a picture is empty", () => {
    class VideoFrame {
      displayWidth = 4;
      displayHeight = 3;
      timestamp = 0;
      clone() {}
      close() {}
    }
    expect(given(new VideoFrame())).toThrow(
      expect.objectContaining({
        code: "FRAME_KIND",
        message: "a VideoFrame can be read only where there is a canvas",
      }),
    );
    const closed = Object.assign(new VideoFrame(), { displayWidth: 0, displayHeight: 0 });
    expect(given(closed)).toThrow(expect.objectContaining({ code: "FRAME_EMPTY" }));
  });
});
