import { describe, expect, it } from "vitest";
import { shortNumber, smooth, thin, ticks } from "./series.ts";
import { terminalChart } from "./terminal-chart.ts";

describe("ticks", () => {
  it("are round numbers inside the range", () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(3, 97, 4)).toEqual([50]);
    expect(ticks(1, 4700, 5)).toEqual([1000, 2000, 3000, 4000]);
    expect(ticks(2, 2, 5)).toEqual([2]);
  });

  it("are labelled shortly", () => {
    expect([0, 0.25, 1e-7, 3.4e-5, 9999, 174_080, 2e6, Number.NaN].map(shortNumber)).toEqual([
      "0",
      "0.25",
      "1e-7",
      "3.4e-5",
      "10000",
      "174k",
      "2M",
      "NaN",
    ]);
  });
});

describe("smooth", () => {
  it("starts at the first value, keeps constants and passes over what is not finite", () => {
    expect(smooth([4, 4, 4], 0.9)).toEqual([4, 4, 4]);
    expect(smooth([2, Number.NaN, 4], 0.5)).toEqual([2, 2, expect.closeTo(10 / 3, 10)]);
    expect(smooth([1, 2, 3], 0)).toEqual([1, 2, 3]);
    expect(smooth([Number.NaN], 0.5)).toEqual([Number.NaN]);
  });
});

describe("thin", () => {
  it("keeps the extremes, and short curves as they are", () => {
    const x = Array.from({ length: 1000 }, (_, i) => i);
    const y = x.map((i) => (i === 500 ? 9 : i === 501 ? -9 : Math.sin(i / 50)));
    const thinned = thin({ label: "a", x, y }, 100);
    expect(thinned.x.length).toBeLessThanOrEqual(110);
    expect(Math.max(...thinned.y)).toBe(9);
    expect(Math.min(...thinned.y)).toBe(-9);
    expect([...thinned.x].sort((a, b) => a - b)).toEqual(thinned.x);
    expect(thin({ label: "a", x: [1, 2], y: [1, 2] }, 100)).toEqual({ label: "a", x: [1, 2], y: [1, 2] });
  });
});

describe("terminalChart", () => {
  const line = { label: "loss", x: [0, 10], y: [0, 1] };

  it("draws a rising line from corner to corner", () => {
    const lines = terminalChart({ title: "t", series: [line] }, { columns: 29, rows: 5 });
    expect(lines).toEqual([
      "        t:  loss 1",
      "      1 ┤                ⣀⠤⠒⠉",
      "        │            ⣀⠤⠒⠉",
      "    0.5 ┤        ⣀⠤⠒⠉",
      "        │    ⣀⠤⠒⠉",
      "      0 ┤⣀⠤⠒⠉",
      "        └┬─────────┬────────┬",
      "         0         5       10",
    ]);
  });

  it("draws several curves, colours on demand, and fits its width", () => {
    const other = { label: "validation", x: [0, 5, 10], y: [1, Number.NaN, 0.5] };
    const plain = terminalChart({ title: "t", series: [line, other] }, { columns: 60 });
    expect(plain.every((text) => text.length <= 60)).toBe(true);
    expect(plain[0]).toContain("loss 1   validation 0.5");
    const coloured = terminalChart({ title: "t", series: [line, other] }, { colour: true });
    expect(coloured.join("\n")).toContain("\x1b[33m");
  });

  it("shows powers of ten on a logarithmic axis, leaving out what has none", () => {
    const text = terminalChart({
      title: "t",
      log: true,
      series: [{ label: "a", x: [0, 1, 2], y: [0, 0.01, 100] }],
    });
    expect(text.join("\n")).toContain("100 ┤");
    expect(text.join("\n")).toContain("0.01 ┤");
  });

  it("stands a flat curve, one point and none at all", () => {
    expect(terminalChart({ title: "t", series: [{ label: "a", x: [0, 1], y: [5, 5] }] }).length).toBe(13);
    expect(terminalChart({ title: "t", series: [{ label: "a", x: [3], y: [5] }] }).length).toBe(13);
    expect(terminalChart({ title: "t", series: [{ label: "a", x: [], y: [] }] })[1]).toContain("nothing yet");
  });
});
