import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTraxMessage, parseTraxLine, TRAX_MESSAGES } from "./trax-message.ts";

describe("TraX messages", () => {
  it("reads what the reference library writes", () => {
    expect(
      parseTraxLine(
        '@@TRAX:hello "trax.channels=color;" "trax.image=path;" "trax.name=a \\"b\\"" "trax.version=4" ',
      ),
    ).toEqual({
      type: "hello",
      args: [],
      properties: {
        "trax.channels": "color;",
        "trax.image": "path;",
        "trax.name": 'a "b"',
        "trax.version": "4",
      },
    });
    expect(parseTraxLine('@@TRAX:initialize "file:///a b/1.jpg" "1.0000,2.0000,3.0000,4.0000" ')).toEqual({
      type: "initialize",
      args: ["file:///a b/1.jpg", "1.0000,2.0000,3.0000,4.0000"],
      properties: {},
    });
    expect(parseTraxLine("@@TRAX:quit \r")?.type).toBe("quit");
    expect(parseTraxLine("@@TRAX:quit")?.type).toBe("quit");
    expect(parseTraxLine("@@TRAX:status 1,2,3,4 confidence=0.5")).toEqual({
      type: "state",
      args: ["1,2,3,4"],
      properties: { confidence: "0.5" },
    });
  });

  it("takes an = behind what is no name as data", () => {
    expect(parseTraxLine('@@TRAX:frame "data:image/png;iVBORw0KGgo=="')?.args).toEqual([
      "data:image/png;iVBORw0KGgo==",
    ]);
    expect(parseTraxLine(`@@TRAX:frame "${"a".repeat(65)}=b"`)?.args).toEqual([`${"a".repeat(65)}=b`]);
  });

  it("passes over lines that are no messages", () => {
    for (const line of ["", "loading", " @@TRAX:quit", "@@TRAXhello"]) {
      expect(parseTraxLine(line)).toBeUndefined();
    }
  });

  it("refuses messages that cannot be read", () => {
    for (const line of [
      "@@TRAX:",
      "@@TRAX:jump",
      '@@TRAX:frame"a"',
      '@@TRAX:frame "a',
      '@@TRAX:frame "a"b',
      "@@TRAX:frame a\\",
    ]) {
      expect(() => parseTraxLine(line), line).toThrow(expect.objectContaining({ code: "TRAX_PROTOCOL" }));
    }
    expect(() => formatTraxMessage({ type: "state", args: [], properties: { "a b": "1" } })).toThrow(
      expect.objectContaining({ code: "TRAX_PROTOCOL" }),
    );
  });

  it("gives back any message that it writes", () => {
    const value = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\r", ""));
    const key = fc.stringMatching(/^[A-Za-z0-9._]{1,64}$/);
    // What looks like NAME=VALUE is a property, whoever sends it.
    const argument = value.filter((text) => !/^[A-Za-z0-9._]{1,64}=/.test(text));
    fc.assert(
      fc.property(
        fc.constantFrom(...TRAX_MESSAGES),
        fc.array(argument, { maxLength: 4 }),
        fc.dictionary(key, value, { maxKeys: 4 }),
        (type, args, properties) => {
          const line = formatTraxMessage({ type, args, properties });
          expect(line.indexOf("\n")).toBe(line.length - 1);
          expect(parseTraxLine(line.slice(0, -1))).toEqual({ type, args, properties: { ...properties } });
        },
      ),
    );
  });
});
