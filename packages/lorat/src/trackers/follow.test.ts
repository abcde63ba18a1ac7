import type { Frame } from "@lorat/core";
import { describe, expect, it } from "vitest";
import { createDriftTracker } from "../testing/drift-tracker.ts";
import { follow, ownBoxes } from "./follow.ts";

const first = { x: 5, y: 6, width: 10, height: 12 };

function* frames(count: number): Generator<Frame> {
  for (let index = 0; index < count; index++) {
    yield { width: 4, height: 4, channels: 3, data: new Uint8Array(48), index };
  }
}

describe("follow", () => {
  it("gives the first box and then the tracker's, with scores and seconds", async () => {
    const done: number[] = [];
    const tracker = createDriftTracker({ delayMs: 5 });
    const { boxes, scores, seconds } = await follow(ownBoxes(tracker), frames(4), first, {
      onPicture: (count) => done.push(count),
    });
    expect(boxes.map(({ x }) => x)).toEqual([5, 6, 7, 8]);
    expect(scores).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
    expect(seconds).toHaveLength(4);
    for (const value of seconds.slice(1)) expect(value).toBeGreaterThan(0.003);
    expect(done).toEqual([1, 2, 3, 4]);
    expect(tracker.disposed).toBe(1);
  });

  it("lets go of the object when the tracker throws or is asked to stop", async () => {
    const failing = createDriftTracker({ failAt: { index: 2, error: new Error("lost its mind") } });
    await expect(follow(ownBoxes(failing), frames(5), first)).rejects.toThrow("lost its mind");
    expect(failing.disposed).toBe(1);

    const stopped = createDriftTracker();
    const stop = new AbortController();
    const onPicture = (done: number) => done === 3 && stop.abort();
    const run = follow(ownBoxes(stopped), frames(100), first, { signal: stop.signal, onPicture });
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
    expect(stopped.disposed).toBe(1);
  });
});
