import { LoratError } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import { checkFrame, type Frame } from "./frame.ts";

const good: Frame = { width: 4, height: 3, channels: 3, data: new Uint8Array(36) };

describe("checkFrame", () => {
  it.each<[string, Frame]>([
    ["RGB", good],
    ["RGBA of a canvas", { width: 4, height: 3, channels: 4, data: new Uint8ClampedArray(48) }],
    ["a buffer", { ...good, data: Buffer.alloc(36) }],
  ])("takes %s", (_, frame) => {
    expect(() => checkFrame(frame)).not.toThrow();
  });

  it.each<[string, object, RegExp]>([
    ["one channel", { channels: 1, data: new Uint8Array(12) }, /channels are 3 .* got 1/],
    ["floats from 0 to 1", { data: new Float32Array(36) }, /got Float32Array/],
    ["16 bits", { data: new Uint16Array(36) }, /got Uint16Array/],
    ["a list", { data: Array(36).fill(0) }, /got Array/],
    ["too few bytes", { data: new Uint8Array(35) }, /36 bytes, got 35/],
    ["RGBA said to be RGB", { data: new Uint8Array(48) }, /36 bytes, got 48/],
    ["no width", { width: 0, data: new Uint8Array(0) }, /above 0/],
    ["half a row", { height: 2.5, data: new Uint8Array(30) }, /above 0/],
  ])("refuses %s", (_, change, message) => {
    const attempt = () => checkFrame({ ...good, ...change } as Frame);
    expect(attempt).toThrow(LoratError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: "FRAME_FORM" }));
  });
});
