import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forEachJsonElement } from "./json-elements.ts";

function elements(text: string, list: string): unknown[] {
  const found: unknown[] = [];
  forEachJsonElement(Buffer.from(text), { [list]: (element) => found.push(element) }, "file.json");
  return found;
}

describe("forEachJsonElement", () => {
  it("gives the elements that JSON.parse would, whatever stands around them", () => {
    const indent = fc.constantFrom(undefined, 1, "\t");
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.jsonValue(),
        fc.string(),
        indent,
        (list, other, key, space) => {
          const text = JSON.stringify({ [`x${key}`]: other, list, end: [other] }, null, space);
          expect(elements(text, "list")).toEqual((JSON.parse(text) as { list: unknown[] }).list);
        },
      ),
    );
  });

  it("passes a byte-order mark, empty lists and empty objects", () => {
    expect(elements('\uFEFF {"list": [], "b": {}}', "list")).toEqual([]);
    expect(elements("{}", "list")).toEqual([]);
  });

  it.each([
    ["a list", "[1]"],
    ["nothing", ""],
    ["half a file", '{"list": [{"a": 1}, {"a'],
    ["something else where the list should be", '{"list": 5}'],
    ["an element that is no JSON", '{"list": [nope]}'],
    ["half a text", '{"list'],
  ])("refuses %s", (_, text) => {
    expect(() => elements(text, "list")).toThrow(expect.objectContaining({ code: "DATASET_JSON" }));
  });
});
