import { describe, expect, it } from "vitest";
import { createProgress, rate, remaining } from "./progress.ts";

function recorder(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const stream = { isTTY, columns, write: (text: string) => written.push(text) > 0 };
  return { written, stream: stream as unknown as NodeJS.WritableStream & { isTTY: boolean } };
}

describe("createProgress", () => {
  it("keeps one line on a terminal, with rate and remaining time", () => {
    const { written, stream } = recorder(true);
    let time = 0;
    const progress = createProgress({
      label: "tracking",
      unit: "frames",
      total: 500,
      stream,
      now: () => time,
    });
    progress.update(1);
    time = 50;
    progress.update(6);
    time = 1000;
    progress.update(101, "score 0.9");
    progress.done();
    expect(written).toEqual([
      "\rtracking 1/500 frames  0%\x1b[K",
      "\rtracking 101/500 frames  20%  100/s  4 s left  score 0.9\x1b[K",
      "\r\x1b[K",
    ]);
  });

  it("cuts the line at the terminal's width", () => {
    const { written, stream } = recorder(true, 30);
    createProgress({ label: "tracking", stream }).update(1, "x".repeat(100));
    expect(written[0]).toBe(`\rtracking 1  ${"x".repeat(17)}\x1b[K`);
  });

  it("prints a plain line now and then elsewhere", () => {
    const { written, stream } = recorder(false);
    let time = 0;
    const progress = createProgress({ label: "training", unit: "steps", stream, now: () => time });
    for (let step = 100; step < 220; step++) {
      progress.update(step);
      time += 100;
    }
    progress.done();
    expect(written).toEqual(["training 150 steps  10.0/s\n", "training 200 steps  10.0/s\n"]);
  });
});

describe("format", () => {
  it("writes rates and durations to read at a glance", () => {
    expect([123.4, 100, 99.94, 2.44, 0.05].map(rate)).toEqual([
      "123/s",
      "100/s",
      "99.9/s",
      "2.4/s",
      "0.05/s",
    ]);
    expect([-1, 0, 59.4, 59.6, 200, 3599, 7500, 86_400, 270_000].map(remaining)).toEqual([
      "0 s",
      "0 s",
      "59 s",
      "1 min 00 s",
      "3 min 20 s",
      "59 min 59 s",
      "2 h 05 min",
      "1 d 00 h",
      "3 d 03 h",
    ]);
  });
});
