import { expect, it } from "vitest";
import type { Dataset } from "./dataset.ts";
import { partOf } from "./part-of.ts";

/** Ten frames each; sequence `i` shows its object from frame `i * 4` on. */
const whole: Dataset = {
  name: "folder:/made-up",
  kind: "folder",
  fingerprint: "f",
  length: 3,
  sequence: (index) => ({
    name: `s${index}`,
    length: 10,
    framePath: (frame) => `/made-up/${index}/${frame}.jpg`,
    objects: [{ present: (frame) => frame >= index * 4, box: () => [0, 0, 5, 5] }],
  }),
};

it("is the dataset itself when all is wanted", () => {
  expect(partOf(whole, {})).toBe(whole);
});

it("keeps the sequences asked for, in that order, and has a fingerprint of its own", () => {
  const part = partOf(whole, { only: [2, 0] });
  expect([0, 1].map((i) => part.sequence(i).name)).toEqual(["s2", "s0"]);
  expect(part.length).toBe(2);
  expect(part.fingerprint).not.toBe(whole.fingerprint);
  expect(() => part.sequence(2)).toThrow(RangeError);
});

it("cuts sequences short and drops those that then show nothing", () => {
  const part = partOf(whole, { frameShare: 0.75 });
  expect(
    Array.from({ length: part.length }, (_, i) => [part.sequence(i).name, part.sequence(i).length]),
  ).toEqual([
    ["s0", 7],
    ["s1", 7],
  ]);
});
