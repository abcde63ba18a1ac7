import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundsOfPolygon, parseBoxRows } from "./box-rows.ts";

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.nat(999_999)).map(([a, b]) => `${a}.${b}`),
  fc.constantFrom(
    "NaN",
    "nan",
    "-0",
    "0.1",
    "1e3",
    ".5",
    "5.",
    "+7",
    "123456789012345",
    "0.1234567890123456789",
  ),
);
const separator = fc.constantFrom(",", "\t", " ", ", ", ";", " ,  ");

describe("parseBoxRows", () => {
  it("reads every number as Number does, on the fast road and the slow one", () => {
    const line = fc.tuple(numberText, numberText, numberText, numberText, separator);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.constantFrom("\n", "\r\n", "\r"), (lines, end) => {
        const text = lines.map(([a, b, c, d, by]) => [a, b, c, d].join(by)).join(end);
        const expected = lines.flatMap(([a, b, c, d]) => [a, b, c, d].map(Number));
        expect([...parseBoxRows(text)]).toEqual(expected);
      }),
    );
  });

  it("takes the tight box of a polygon, and none of one with NaN", () => {
    expect([...parseBoxRows("0,5,10,0,20,5,10,10")]).toEqual([0, 0, 20, 10]);
    expect(boundsOfPolygon([0, 0, Number.NaN, 1, 2, 2, 0, 2])).toEqual([Number.NaN, 0, Number.NaN, 2]);
  });
});
