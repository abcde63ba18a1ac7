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
});
