import { LoratError, Session, type Tensor } from "@lorat/graph";
import { describe, expect, it } from "vitest";
import type { Box } from "../geometry/box.ts";
import { noise, tinyModel } from "../testing/tiny-model.ts";
import type { CreateSession } from "./renewable-session.ts";
import { createTracker } from "./tracker.ts";

const model = tinyModel();

const start: Box = { x: 20, y: 15, width: 30, height: 20 };
const frames = Array.from({ length: 4 }, (_, seed) => noise(seed));

/** Sessions whose run fails wherever `fails` says so of its place among all runs, counted from 0. */
function failing(fails: (run: number) => boolean): { createSession: CreateSession; made: () => number } {
  let runs = 0;
  let made = 0;
  const createSession: CreateSession = async (outputs, options) => {
    const session = await Session.create(outputs, options);
    made++;
    const compute = async (feeds: Readonly<Record<string, Tensor>>) => {
      if (fails(runs++)) throw new LoratError("SESSION_RUN", "webgpu failed: the device was lost");
      return session.compute(feeds);
    };
    return { compute: compute as Session["compute"], dispose: () => session.dispose() };
  };
  return { createSession, made: () => made };
}

async function track(createSession: CreateSession | undefined, boxes: Box[]): Promise<void> {
  const tracker = await createTracker(model, { device: "cpu", threads: 1, createSession });
  try {
    const target = await tracker.start(frames[0]!, start);
    for (const frame of frames.slice(1)) boxes.push((await target.track(frame)).box);
  } finally {
    await tracker.dispose();
  }
}

describe("a device that fails", () => {
  // The runs of a track: the template, then a search for each frame.
  it.each([
    ["embedding the template", 0],
    ["at the first search", 1],
    ["at the last search", 3],
  ])("once, %s, changes nothing: the run is repeated on a fresh session", async (_, place) => {
    const open = Session.open;
    const expected: Box[] = [];
    await track(undefined, expected);
    const { createSession, made } = failing((run) => run === place);
    const boxes: Box[] = [];
    await track(createSession, boxes);
    expect(boxes).toEqual(expected);
    expect(made()).toBe(3);
    expect(Session.open).toBe(open);
  });

  it("for good is DEVICE_LOST, after one more try, and what was tracked before stands", async () => {
    const open = Session.open;
    const { createSession, made } = failing((run) => run >= 3);
    const boxes: Box[] = [];
    await expect(track(createSession, boxes)).rejects.toMatchObject({
      code: "DEVICE_LOST",
      message: expect.stringContaining("the device was lost"),
    });
    expect(boxes.length).toBe(2);
    expect(made()).toBe(3);
    expect(Session.open).toBe(open);
  });

  it("and whose fresh session cannot be made is DEVICE_LOST as well", async () => {
    const { createSession, made } = failing((run) => run === 1);
    const once: CreateSession = async (outputs, options) => {
      if (made() === 2) throw new LoratError("SESSION_CREATE", "no adapter");
      return createSession(outputs, options);
    };
    await expect(track(once, [])).rejects.toMatchObject({ code: "DEVICE_LOST" });
  });

  it("leaves no session behind when a tracker cannot be made", async () => {
    const open = Session.open;
    let asked = 0;
    const once: CreateSession = async (outputs, options) => {
      if (asked++ === 1) throw new LoratError("SESSION_CREATE", "out of memory");
      return Session.create(outputs, options);
    };
    await expect(track(once, [])).rejects.toMatchObject({ code: "SESSION_CREATE" });
    expect(Session.open).toBe(open);
  });
});
