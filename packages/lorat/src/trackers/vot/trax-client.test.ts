import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TRAX_CHILD } from "../../testing/trax-child.ts";
import { openTraxTracker, splitCommand, type TraxTrackerOptions } from "./trax-client.ts";

let folder: string;
let script: string;
let image: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorat trax-"));
  script = join(folder, "child.cjs");
  image = join(folder, "1.jpg");
  await writeFile(script, TRAX_CHILD);
  await writeFile(image, "any bytes");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (how: string, options: TraxTrackerOptions = {}) =>
  openTraxTracker(`'${process.execPath}' '${script}' ${how}`, options);
const box = { x: 1, y: 2, width: 10, height: 20 };

describe("a tracker driven over TraX", () => {
  it("drives a tracker of version 1", async () => {
    const tracker = await open("v1");
    expect(tracker.name).toBe("child v1");
    expect(await tracker.start(image, box)).toEqual({ box });
    expect(await tracker.track(image)).toEqual({ box: { x: 1, y: 5, width: 10, height: 10 }, score: 0.75 });
    const lost = await tracker.track(image);
    expect(lost.box.x).toBeNaN();
    expect((await tracker.track(image)).box.x).toBe(2);
    expect((await tracker.start(image, box)).box).toEqual(box);
    await tracker.quit();
    await tracker.quit();
    await expect(tracker.track(image)).rejects.toMatchObject({ code: "TRAX_ENDED" });
  });

  it("drives a tracker of version 4, which wants polygons", async () => {
    const tracker = await open("v4");
    expect((await tracker.start(image, box)).box).toEqual({ x: 1, y: 2, width: 9, height: 19 });
    expect((await tracker.track(image)).box.x).toBe(2);
    expect((await tracker.start(image, box)).box.x).toBe(1);
    await tracker.quit();
  });

  it("sends files and masks to a tracker that wants those, over TCP", async () => {
    const tracker = await open("buffer", { socket: true });
    expect((await tracker.start(image, box)).box).toEqual(box);
    expect((await tracker.track(image)).box.x).toBe(1);
    await tracker.quit();
  });

  it("shows what the tracker printed when it fails", async () => {
    await expect(open("dies")).rejects.toMatchObject({
      code: "TRAX_ENDED",
      message: expect.stringContaining("status 7"),
      issues: expect.arrayContaining(["noise of the tracker"]),
    });
    const quits = await open("quits");
    await expect(quits.start(image, box)).rejects.toMatchObject({
      code: "TRAX_ENDED",
      message: expect.stringContaining("tired of it"),
    });
    await expect(openTraxTracker(join(folder, "none"))).rejects.toMatchObject({
      code: "TRAX_ENDED",
      message: expect.stringContaining("could not be started"),
    });
  });

  it("does not wait for ever", async () => {
    const began = performance.now();
    await expect(open("silent", { startTimeoutMs: 300 })).rejects.toMatchObject({ code: "TRAX_TIMEOUT" });
    const stubborn = await open("stubborn", { timeoutMs: 300 });
    await expect(stubborn.start(image, box)).rejects.toMatchObject({ code: "TRAX_TIMEOUT" });
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it("refuses trackers that it cannot serve or understand", async () => {
    for (const how of ["garbled", "url", "depth"]) {
      await expect(open(how, { startTimeoutMs: 10_000 }), how).rejects.toMatchObject({
        code: "TRAX_PROTOCOL",
      });
    }
    for (const how of ["nonsense", "wrong"]) {
      const tracker = await open(how);
      await expect(tracker.start(image, box), how).rejects.toMatchObject({ code: "TRAX_PROTOCOL" });
    }
    const tracker = await open("v1");
    await expect(tracker.track(image)).rejects.toMatchObject({ code: "TRAX_PROTOCOL" });
    await expect(tracker.start(image, { ...box, width: 0 })).rejects.toMatchObject({ code: "BOX_INVALID" });
    await tracker.quit();
  });

  it("splits commands as a shell does", () => {
    expect(splitCommand(` a 'b c'  "d \\" e"f g\\ h '' `)).toEqual(["a", "b c", 'd " ef', "g h", ""]);
    for (const wrong of ["", "  ", "a 'b"]) {
      expect(() => splitCommand(wrong)).toThrow(expect.objectContaining({ code: "TRAX_COMMAND" }));
    }
  });
});
