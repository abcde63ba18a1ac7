import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascii } from "../testing/bytes.ts";
import { type ZipLayout, type ZipMember, zipBytes, zipSource } from "../testing/zip-bytes.ts";
import { bytesSource } from "./byte-source.ts";
import { readStoredZip } from "./zip.ts";

const text = async (members: readonly ZipMember[], layout?: ZipLayout) => {
  const source = zipSource(members, layout);
  const entries = await readStoredZip(source);
  const decoder = new TextDecoder();
  const read = [...entries.values()].map(async ({ name, offset, length }) => {
    return [name, decoder.decode(await source.read(offset, length))];
  });
  return Object.fromEntries(await Promise.all(read));
};

const two: ZipMember[] = [
  { name: "a/one", data: ascii("first") },
  { name: "a/two", data: ascii("second") },
];

describe("readStoredZip", () => {
  it.each<[string, ZipLayout]>([
    ["plain", {}],
    ["zip64", { zip64: true }],
    ["with a comment", { comment: "a comment that holds PK\u0005\u0006 too" }],
    ["zip64 with a comment", { zip64: true, comment: "c".repeat(60_000) }],
  ])("finds members: %s", async (_, layout) => {
    expect(await text(two, layout)).toEqual({ "a/one": "first", "a/two": "second" });
  });

  it("takes an archive without members", async () => {
    expect(await text([])).toEqual({});
  });

  it("reaches members beyond 4 GB", async () => {
    const large = 5 * 2 ** 30;
    const members = [...two, { name: "a/large", data: large }, { name: "a/last", data: ascii("far") }];
    const source = zipSource(members);
    const entries = await readStoredZip(source);
    expect(source.size).toBeGreaterThan(large);
    expect(entries.get("a/large")).toMatchObject({ length: large });
    const last = entries.get("a/last")!;
    expect(last.offset).toBeGreaterThan(2 ** 32);
    expect(new TextDecoder().decode(await source.read(last.offset, last.length))).toBe("far");
  });

  it("shows the names before it refuses how they are stored", async () => {
    const names: string[] = [];
    const source = zipSource([{ ...two[0]!, method: 8 }]);
    await expect(readStoredZip(source, (found) => void names.push(...found))).rejects.toMatchObject({
      code: "ZIP_COMPRESSED",
    });
    expect(names).toEqual(["a/one"]);
  });

  const bad: [code: string, what: string, members: ZipMember[], layout?: ZipLayout][] = [
    ["ZIP_ENCRYPTED", "an encrypted member", [{ ...two[0]!, flags: 0x0001 }]],
    ["ZIP_ENCRYPTED", "a strongly encrypted member", [{ ...two[0]!, flags: 0x0040 }]],
    ["ZIP_ENCRYPTED", "masked headers", [{ ...two[0]!, flags: 0x2000 }]],
    ["ZIP_COMPRESSED", "a compressed member", [two[1]!, { ...two[0]!, method: 8 }]],
    ["ZIP_DUPLICATE_NAME", "a name twice", [two[0]!, two[0]!]],
    ["ZIP_UNSAFE_NAME", "a way up", [{ name: "a/../../etc/passwd", data: ascii("x") }]],
    ["ZIP_UNSAFE_NAME", "a root", [{ name: "/etc/passwd", data: ascii("x") }]],
    ["ZIP_UNSAFE_NAME", "a drive", [{ name: "C:/x", data: ascii("x") }]],
    ["ZIP_UNSAFE_NAME", "a backslash", [{ name: "a\\..\\x", data: ascii("x") }]],
    ["ZIP_UNSAFE_NAME", "a zero byte", [{ name: "a\0b", data: ascii("x") }]],
    ["ZIP_UNSAFE_NAME", "no name", [{ name: "", data: ascii("x") }]],
    ["ZIP_OVERLAP", "a member that reaches into the next", [{ ...two[0]!, length: 66 }, two[1]!]],
    ["ZIP_DIRECTORY", "a local header of another name", [{ ...two[0]!, localName: "a/six" }]],
    ["ZIP_DIRECTORY", "a place without a header", [two[0]!, { ...two[1]!, headerOffset: 3 }]],
    ["ZIP_DIRECTORY", "a place past the end", [{ ...two[0]!, headerOffset: 10_000 }]],
    ["ZIP_DIRECTORY", "a length past the end", [{ ...two[0]!, length: 1000 }]],
    ["ZIP_DIRECTORY", "fewer members than announced", two, { count: 3 }],
    ["ZIP_DIRECTORY", "more members than announced", two, { count: 1 }],
    ["ZIP_MULTI_DISK", "several disks", two, { disk: 1 }],
    ["ZIP_MULTI_DISK", "several disks in zip64", two, { disk: 1, zip64: true }],
  ];
  it.each(bad)("%s: %s", async (code, _what, members, layout) => {
    await expect(readStoredZip(zipSource(members, layout))).rejects.toMatchObject({ code });
  });

  it("refuses an archive cut anywhere", async () => {
    const bytes = await zipBytes(two, { zip64: true });
    for (let length = 0; length < bytes.byteLength; length += 7) {
      const source = bytesSource(bytes.subarray(0, length));
      await expect(readStoredZip(source)).rejects.toMatchObject({ code: expect.stringMatching(/^ZIP_/) });
    }
  });

  it("never throws anything but its own errors, whatever byte is wrong", async () => {
    const plain = await zipBytes(two);
    const wide = await zipBytes(two, { zip64: true });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.nat(), fc.nat(255), async (zip64, at, byte) => {
        const bytes = (zip64 ? wide : plain).slice();
        bytes[at % bytes.length] = byte;
        await readStoredZip(bytesSource(bytes)).catch((error) => {
          expect(error).toMatchObject({ name: "LoratError", code: expect.stringMatching(/^ZIP_/) });
        });
      }),
      { numRuns: 500 },
    );
  });
});
