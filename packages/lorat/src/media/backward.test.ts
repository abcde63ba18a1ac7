import type { Frame } from "@lorat/core";
import { asyncDisposeSymbol } from "@lorat/graph";
import { expect, it } from "vitest";
import { backward } from "./backward.ts";
import type { FrameSource } from "./frame-source.ts";

function source(width: number, height: number): FrameSource & { readonly asked: [number, number][] } {
  const asked: [number, number][] = [];
  return {
    ...{ kind: "video", width, height, frameCount: 300, fps: 25, asked },
    async *frames({ start = 0, end = 300 } = {}) {
      asked.push([start, end]);
      for (let index = start; index < end; index++) {
        yield { width, height, channels: 4, data: new Uint8Array(), index } as Frame;
      }
    },
    recycle: () => {},
    dispose: async () => {},
    [asyncDisposeSymbol]: async () => {},
  };
}

async function indices(of: FrameSource, start: number, end?: number): Promise<(number | undefined)[]> {
  const found = [];
  for await (const { index } of backward(of).frames({ start, end })) found.push(index);
  return found;
}

it("gives every frame once, last one first", async () => {
  const small = source(64, 48);
  expect(await indices(small, 150)).toEqual(Array.from({ length: 151 }, (_, i) => 150 - i));
  expect(small.asked).toEqual([
    [87, 151],
    [23, 87],
    [0, 23],
  ]);
  expect(await indices(source(64, 48), 20, 17)).toEqual([20, 19, 18]);
  expect(await indices(source(64, 48), 0)).toEqual([0]);
});

it("holds fewer frames of a large video", async () => {
  const large = source(7680, 4320);
  await indices(large, 5);
  expect(large.asked).toEqual([
    [4, 6],
    [2, 4],
    [0, 2],
  ]);
});
