import { describe, expect, it } from "vitest";
import { ascii, joined, rawBytes, u64 } from "../testing/bytes.ts";
import { torchSource } from "../testing/torch-bytes.ts";
import { bytesSource } from "./byte-source.ts";
import { openTensorFile } from "./open.ts";
import { encodeSafetensors } from "./safetensors-writer.ts";

const values = rawBytes(Float32Array.of(1, 2));

describe("openTensorFile", () => {
  it("tells the formats apart by their content", async () => {
    const safetensors = await encodeSafetensors([{ name: "a", dtype: "F32", shape: [2], data: values }]);
    const torch = torchSource([{ name: "a", dtype: "F32", shape: [2], data: values }]);
    for (const [format, source] of [
      ["safetensors", bytesSource(safetensors)],
      ["torch", torch],
    ] as const) {
      const file = await openTensorFile(source, "model.bin");
      expect(file.format).toBe(format);
      expect([...(await file.float32("a"))]).toEqual([1, 2]);
    }
  });

  it("takes safetensors whose header length looks like something else", async () => {
    // 0x0280 begins as a bare pickle does, 0x3c as a page of HTML
    for (const length of [0x0280, 0x3c]) {
      const header = ascii("{}".padEnd(length));
      const file = await openTensorFile(bytesSource(joined([u64(length), header])), "odd.bin");
      expect(file.entries.size).toBe(0);
    }
  });

  it.each<[code: string, what: string, bytes: Uint8Array]>([
    ["WEIGHTS_EMPTY", "nothing", new Uint8Array(0)],
    ["WEIGHTS_IS_HTML", "a page", ascii("<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>")],
    ["WEIGHTS_IS_HTML", "a page after white space", ascii("\n\n  <html lang='en'>{</html>")],
    [
      "WEIGHTS_IS_HTML",
      "an error in XML",
      ascii('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    ],
    [
      "WEIGHTS_GIT_LFS",
      "a pointer",
      ascii("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
    ],
    ["WEIGHTS_IS_TEXT", "an error in JSON", ascii('{"error":{"message":"not found"}}')],
    ["WEIGHTS_IS_TEXT", "a word", ascii("Not found")],
    [
      "TORCH_LEGACY_FORMAT",
      "a bare pickle",
      joined([Uint8Array.of(0x80, 2, 0x8a, 10), new Uint8Array(30).fill(1)]),
    ],
    ["SAFETENSORS_HEADER_TOO_LARGE", "noise", new Uint8Array(100).fill(0xf5)],
    ["SAFETENSORS_TOO_SHORT", "a few bytes", Uint8Array.of(1, 2, 3)],
    ["ZIP_NO_DIRECTORY", "a zip archive cut short", joined([ascii("PK\u0003\u0004"), new Uint8Array(100)])],
  ])("%s: %s", async (code, _what, bytes) => {
    await expect(openTensorFile(bytesSource(bytes), "w.pth")).rejects.toMatchObject({
      name: "LoratError",
      code,
      message: expect.stringMatching(/^w\.pth: /),
    });
  });
});
