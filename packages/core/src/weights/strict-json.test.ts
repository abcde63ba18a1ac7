import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStrictJson } from "./strict-json.ts";

const codes = { syntax: "SYNTAX", duplicate: "TWICE" };
const parse = (text: string) => parseStrictJson(text, "it", codes);

describe("parseStrictJson", () => {
  it("agrees with JSON.parse on JSON of integers", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("é", "𝕏", '"', "\\", "\n\u0000", "\\u0041"));
    const { json } = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.nat(), text, fc.boolean(), fc.constant(null)),
      json: fc.oneof(
        { maxDepth: 3 },
        tie("leaf"),
        fc.array(tie("json"), { maxLength: 4 }),
        fc.dictionary(text, tie("json"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const source = JSON.stringify(value, null, space);
        expect(parse(source)).toEqual(JSON.parse(source));
      }),
    );
  });

  it.each(['{"a":1,"a":2}', '{"x":{"a":1,"b":[],"a":2}}', '[{"k":1,"\\u006b":1}]', '{"a":{"a":1},"a":1}'])(
    "refuses a key twice: %s",
    (text) => expect(() => parse(text)).toThrow(expect.objectContaining({ code: "TWICE" })),
  );

  it("takes the same key in different objects, and keys as values", () => {
    const text = '{"a":{"a":"a"},"b":[{"a":1},{"a":2},"a","a"],"c":"{\\"a\\":1,\\"a\\":2}"}';
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    "{",
    "{'a':1}",
    '{"a":1}x',
    '{"a":01}',
    "",
    '{"a":1.0}',
    '{"a":1e2}',
    '{"a":-1}',
    '{"\\ud800":1}',
  ])("refuses %s", (text) => expect(() => parse(text)).toThrow(expect.objectContaining({ code: "SYNTAX" })));
});
