import { describe, expect, it } from "vitest";
import { type StateDict, validateStateDict } from "./validate.ts";

const expected: StateDict = new Map([
  ["norm.weight", [4]],
  ["head.layers.0.weight", [4, 4]],
]);
const rules = { what: "w.pth", optional: new Map([["alpha", []]]) };
const caught = (actual: StateDict): unknown => {
  try {
    validateStateDict(actual, expected, rules);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("validateStateDict", () => {
  it("takes what is expected, with and without what is optional", () => {
    expect(caught(expected)).toBeUndefined();
    expect(caught(new Map([...expected, ["alpha", []]]))).toBeUndefined();
  });

  it("prints the name and both shapes of every tensor of the wrong shape", () => {
    const error = caught(
      new Map([
        ["norm.weight", [5]],
        ["head.layers.0.weight", [16]],
        ["alpha", [1]],
      ]),
    );
    expect(error).toMatchObject({
      code: "WEIGHTS_SHAPE",
      message: expect.stringMatching(
        /w\.pth .* 3 of the wrong shape; first: norm\.weight should be \[4\], is \[5\]$/,
      ),
      issues: [
        "norm.weight should be [4], is [5]",
        "head.layers.0.weight should be [4, 4], is [16]",
        "alpha should be [], is [1]",
      ],
    });
  });

  it("reports everything at once, unexpected names with the nearest missing one", () => {
    const error = caught(
      new Map([
        ["norm.weight", [5]],
        ["module.head.layers.0.weight", [4, 4]],
        ["zzz", [1]],
      ]),
    );
    expect(error).toMatchObject({
      code: "WEIGHTS_NAMES",
      message: expect.stringContaining("1 of the wrong shape, 1 missing, 2 unexpected"),
      issues: [
        "norm.weight should be [4], is [5]",
        "missing: head.layers.0.weight [4, 4]",
        "unexpected: module.head.layers.0.weight [4, 4] (nearest known name: head.layers.0.weight)",
        "unexpected: zzz [1]",
      ],
    });
  });
});
