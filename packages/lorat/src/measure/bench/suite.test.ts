import { describe, expect, it } from "vitest";
import type { Contender } from "./contender.ts";
import { runSuite } from "./suite.ts";

/** A contender whose runs take what a list says, and that notes when it ran and that it was let go. */
function scripted(name: string, ms: readonly number[], log: string[], flops?: number): Contender {
  let round = 0;
  return {
    name,
    tags: {},
    unit: "frame",
    items: 2,
    flops,
    measure: async () => {
      log.push(name);
      const time = ms[round++ % ms.length]!;
      return [
        { ms: time, cpuMs: time / 2 },
        { ms: time, cpuMs: time / 2 },
        { ms: 1000 * time, cpuMs: time },
      ];
    },
    dispose: async () => void log.push(`${name} gone`),
  };
}

const options = { rounds: 3, clock: "wall" } as const;

describe("runSuite", () => {
  it("goes in turns, leaves the warm-up out, and pairs by round", async () => {
    const log: string[] = [];
    const a = scripted("a", [99, 99, 10, 20, 40], log, 6e9);
    const b = scripted("b", [77, 77, 5, 10, 20], log, 3e9);
    const found = await runSuite(
      {
        title: "two",
        contenders: [a, b],
        ratios: [
          { label: "a to b", of: "a", to: "b" },
          { label: "by flop", of: "a", to: "b", per: "flop" },
        ],
        fits: [
          {
            label: "line",
            xUnit: "things",
            points: [
              { at: 2, of: "a" },
              { at: 1, of: "b" },
            ],
          },
        ],
      },
      "kind",
      options,
    );
    expect(log).toEqual([..."abababababa".slice(0, 10), "a gone", "b gone"]);
    expect(found.measurements.map(({ ms }) => ms)).toEqual([
      [10, 20, 40],
      [5, 10, 20],
    ]);
    expect(found.measurements[0]).toMatchObject({ kind: "kind", suite: "two", cpuMs: [5, 10, 20], best: 10 });
    expect(found.ratios[0]).toMatchObject({ median: 2, low: 2, high: 2, best: 2, rounds: [2, 2, 2] });
    expect(found.ratios[1]!.median).toBe(1);
    expect(found.fits.map(({ yUnit, slope }) => [yUnit, slope])).toEqual([
      ["ms", 10],
      ["ms at best", 5],
      ["GMAC", 1.5],
    ]);
  });

  it("lets go of everything when one fails or is stopped", async () => {
    const log: string[] = [];
    const broken = { ...scripted("broken", [1], log), measure: () => Promise.reject(new Error("no")) };
    const suite = { title: "broken", contenders: [scripted("a", [1], log), broken] };
    await expect(runSuite(suite, "kind", options)).rejects.toThrow("no");
    expect(log).toEqual(["a", "a gone", "broken gone"]);
    const stopped = { ...options, signal: AbortSignal.abort() };
    await expect(runSuite(suite, "kind", stopped)).rejects.toMatchObject({ name: "AbortError" });
  });
});
