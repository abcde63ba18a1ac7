import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialState, type StateOptions, updateState } from "./state.ts";

function run(scores: readonly number[], options?: StateOptions) {
  let memory = initialState;
  return scores.map((score) => {
    memory = updateState(memory, score, options);
    return memory.state;
  });
}

describe("target state", () => {
  it("becomes uncertain below one threshold and certain only from a higher one", () => {
    expect(run([0.9, 0.4, 0.34, 0.4, 0.49, 0.5, 0.4])).toEqual([
      "tracked",
      "tracked",
      "uncertain",
      "uncertain",
      "uncertain",
      "tracked",
      "tracked",
    ]);
  });

  it("is lost after a run of low frames, not after the same number with a break", () => {
    const options = { lostAfterFrames: 3 };
    expect(run([0.1, 0.1, 0.1], options).at(-1)).toBe("lost");
    expect(run([0.1, 0.1, 0.25, 0.1], options).at(-1)).toBe("uncertain");
  });

  it("is found again after a run of sure frames only", () => {
    const options = { lostAfterFrames: 1, foundAfterFrames: 2 };
    expect(run([0, 0.9, 0.4, 0.9, 0.9], options)).toEqual(["lost", "lost", "lost", "lost", "tracked"]);
  });

  it("counts NaN as no score", () => {
    expect(run(Array(10).fill(Number.NaN)).at(-1)).toBe("lost");
  });

  it("is never uncertain on a sure score and never tracked on a low one", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (scores) => {
        for (const [i, state] of run(scores).entries()) {
          if (scores[i]! >= 0.5) expect(state).not.toBe("uncertain");
          if (scores[i]! < 0.35) expect(state).not.toBe("tracked");
        }
      }),
    );
  });

  const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 });
  const counts = fc.record({
    lostAfterFrames: fc.integer({ min: 1, max: 6 }),
    foundAfterFrames: fc.integer({ min: 1, max: 6 }),
  });

  it("says lost and tracked again exactly after the frames that it is told to wait", () => {
    fc.assert(
      fc.property(counts, (options) => {
        const { lostAfterFrames, foundAfterFrames } = options;
        const states = run([0.9, ...Array(10).fill(0), ...Array(10).fill(0.9)], options);
        expect(states.indexOf("lost")).toBe(lostAfterFrames);
        expect(states.indexOf("tracked", lostAfterFrames)).toBe(10 + foundAfterFrames);
      }),
    );
  });

  it("never flickers: a lost target stays lost until enough frames in a row were sure", () => {
    fc.assert(
      fc.property(chances, counts, (values, options) => {
        const states = run(values, options);
        states.forEach((state, i) => {
          if (i === 0 || states[i - 1] !== "lost" || state === "lost") return;
          const last = values.slice(i + 1 - options.foundAfterFrames, i + 1);
          expect(last).toHaveLength(options.foundAfterFrames);
          expect(last.every((value) => value >= 0.5)).toBe(true);
        });
      }),
    );
  });

  it("is lost within five frames, and found within ten, by its defaults", () => {
    const states = run([...Array(5).fill(0), ...Array(10).fill(1)]);
    expect(states[4]).toBe("lost");
    expect(states.at(-1)).toBe("tracked");
  });
});
