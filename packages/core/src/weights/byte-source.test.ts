import { expect, it } from "vitest";
import { blobSource, bytesSource } from "./byte-source.ts";

const bytes = Uint8Array.of(1, 2, 3, 4, 5);

it.each([
  ["bytes", bytesSource(bytes)],
  ["a blob", blobSource(new Blob([bytes]))],
])("reads ranges of %s and refuses what lies outside", async (_, source) => {
  expect(source.size).toBe(5);
  expect([...(await source.read(1, 3))]).toEqual([2, 3, 4]);
  expect([...(await source.read(5, 0))]).toEqual([]);
  for (const [offset, length] of [
    [3, 3],
    [-1, 2],
    [0, -1],
    [0.5, 1],
    [Number.NaN, 1],
  ] as const) {
    await expect(source.read(offset, length)).rejects.toMatchObject({ code: "WEIGHTS_TRUNCATED" });
  }
});
