import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascii, joined, rawBytes, u64 } from "../testing/bytes.ts";
import { bytesSource } from "./byte-source.ts";
import { dtypeSize, dtypes, elementCount } from "./dtype.ts";
import { openSafetensors } from "./safetensors.ts";
import { encodeSafetensors, type TensorToWrite, writeSafetensors } from "./safetensors-writer.ts";

const file = (header: string | Uint8Array, data: Uint8Array | number = 0, length?: number) => {
  const bytes = typeof header === "string" ? ascii(header) : header;
  return joined([
    u64(length ?? bytes.byteLength),
    bytes,
    typeof data === "number" ? new Uint8Array(data) : data,
  ]);
};
const open = (bytes: Uint8Array) => openSafetensors(bytesSource(bytes));
const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

describe("openSafetensors", () => {
  it("lists entries with absolute offsets and reads them whole or in part", async () => {
    const header = `{"__metadata__":{"made":"by hand"},"b":${entry("F32", "[2,2]", "[2,18]")},"a":${entry("U8", "[2]", "[0,2]")}}  `;
    const data = joined([Uint8Array.of(7, 8), rawBytes(Float32Array.of(1, 2, 3, 4))]);
    const opened = await open(file(header, data));
    const start = 8 + header.length;
    expect([...opened.entries.values()]).toEqual([
      { name: "a", dtype: "U8", shape: [2], offset: start, length: 2 },
      { name: "b", dtype: "F32", shape: [2, 2], offset: start + 2, length: 16 },
    ]);
    expect(opened.metadata).toEqual(new Map([["made", "by hand"]]));
    expect([...(await opened.float32("b"))]).toEqual([1, 2, 3, 4]);
    expect([...(await opened.float32("b", 1, 3))]).toEqual([2, 3]);
    expect([...(await opened.bytes("a", 1))]).toEqual([8]);
    await expect(opened.bytes("c")).rejects.toMatchObject({ code: "TENSOR_NOT_FOUND" });
    await expect(opened.bytes("a", 0, 3)).rejects.toMatchObject({ code: "TENSOR_RANGE" });
  });

  it("takes scalars, empty tensors, trailing white space and no tensors, as the reference does", async () => {
    const scalar = await open(file(`{"test":${entry("I32", "[]", "[0,4]")}}`, 4));
    expect([...(await scalar.float32("test"))]).toEqual([0]);
    const empty = await open(file(`{"test":${entry("I32", "[2,0]", "[0,0]")}}`));
    expect((await empty.bytes("test")).byteLength).toBe(0);
    expect((await open(file("{}\r \t\n"))).entries.size).toBe(0);
  });

  const good = `{"test":${entry("I32", "[2,2]", "[0,16]")}}`;
  const bad: [code: string, what: string, bytes: Uint8Array][] = [
    ["SAFETENSORS_TOO_SHORT", "no bytes", new Uint8Array(0)],
    ["SAFETENSORS_TOO_SHORT", "seven bytes", new Uint8Array(7)],
    ["SAFETENSORS_HEADER_TOO_LARGE", "a header over 100 MB", file(good, 16, 100_000_001)],
    [
      "SAFETENSORS_HEADER_TOO_LARGE",
      "a header length beyond numbers",
      joined([new Uint8Array(8).fill(0xff), ascii(good)]),
    ],
    ["SAFETENSORS_HEADER_LENGTH", "a header past the end", file(good, 0, good.length + 1)],
    ["SAFETENSORS_HEADER_START", "an empty header", file("")],
    ["SAFETENSORS_HEADER_START", "white space first", file(`\t\n${good}`, 16)],
    [
      "SAFETENSORS_HEADER_START",
      "a byte order mark first",
      file(joined([Uint8Array.of(0xef, 0xbb, 0xbf), ascii(good)]), 16),
    ],
    [
      "SAFETENSORS_HEADER_UTF8",
      "bytes that are no text",
      file(joined([ascii('{"'), Uint8Array.of(0xff), ascii('":1}')])),
    ],
    ["SAFETENSORS_HEADER_JSON", "half an object", file("{")],
    ["SAFETENSORS_HEADER_JSON", "two values", file(`${good}{}`, 16)],
    [
      "SAFETENSORS_HEADER_JSON",
      "a fraction in a shape",
      file(`{"test":${entry("I32", "[2.0,2]", "[0,16]")}}`, 16),
    ],
    ["SAFETENSORS_HEADER_JSON", "a negative size", file(`{"test":${entry("I32", "[-2,-2]", "[0,16]")}}`, 16)],
    ["SAFETENSORS_DUPLICATE_KEY", "a tensor twice", file(`${good.slice(0, -1)},${good.slice(1)}`, 16)],
    [
      "SAFETENSORS_DUPLICATE_KEY",
      "a field twice",
      file(good.replace('"shape"', '"dtype":"F32","shape"'), 16),
    ],
    ["SAFETENSORS_METADATA", "metadata that is a list", file('{"__metadata__":[]}')],
    ["SAFETENSORS_METADATA", "metadata with a number", file('{"__metadata__":{"a":1}}')],
    ["SAFETENSORS_METADATA", "metadata that is null", file('{"__metadata__":null}')],
    ["SAFETENSORS_ENTRY", "an entry that is no object", file('{"test":[1]}')],
    ["SAFETENSORS_ENTRY", "no shape", file('{"test":{"dtype":"I32","data_offsets":[0,0]}}')],
    ["SAFETENSORS_ENTRY", "one offset", file(`{"test":${entry("I32", "[0]", "[0]")}}`)],
    ["SAFETENSORS_ENTRY", "text as a shape", file(`{"test":${entry("I32", '["2"]', "[0,8]")}}`, 8)],
    ["SAFETENSORS_DTYPE", "an unknown dtype", file(`{"test":${entry("F8_E4M3", "[2]", "[0,2]")}}`, 2)],
    [
      "SAFETENSORS_OVERFLOW",
      "a size beyond numbers",
      file(`{"test":${entry("I32", "[2,18446744073709551614]", "[0,16]")}}`, 16),
    ],
    [
      "SAFETENSORS_OVERFLOW",
      "a product beyond numbers",
      file(`{"test":${entry("I32", "[4294967296,4294967296]", "[0,16]")}}`, 16),
    ],
    [
      "SAFETENSORS_OVERFLOW",
      "elements times bytes",
      file(`{"test":${entry("F64", "[2,2251799813685248]", "[0,16]")}}`, 16),
    ],
    [
      "SAFETENSORS_OVERFLOW",
      "a product that a zero would hide",
      file(`{"test":${entry("I32", "[4294967296,4294967296,0]", "[0,0]")}}`),
    ],
    [
      "SAFETENSORS_OVERFLOW",
      "offsets beyond numbers",
      file(`{"test":${entry("I32", "[1]", "[18446744073709551612,18446744073709551616]")}}`),
    ],
    [
      "SAFETENSORS_TENSOR_SIZE",
      "a span too small for the shape",
      file(`{"test":${entry("I32", "[2,2]", "[0,4]")}}`, 4),
    ],
    [
      "SAFETENSORS_TENSOR_SIZE",
      "an end before its begin",
      file(`{"test":${entry("I32", "[1]", "[4,0]")}}`, 4),
    ],
    [
      "SAFETENSORS_OVERLAP",
      "two tensors in one place",
      file(`{"a":${entry("U8", "[4]", "[0,4]")},"b":${entry("U8", "[4]", "[0,4]")}}`, 4),
    ],
    [
      "SAFETENSORS_OVERLAP",
      "tensors that share a byte",
      file(`{"a":${entry("U8", "[4]", "[0,4]")},"b":${entry("U8", "[4]", "[3,7]")}}`, 7),
    ],
    [
      "SAFETENSORS_GAP",
      "a hole between tensors",
      file(`{"a":${entry("U8", "[4]", "[0,4]")},"b":${entry("U8", "[4]", "[5,9]")}}`, 9),
    ],
    ["SAFETENSORS_GAP", "a hole before the first", file(`{"a":${entry("U8", "[4]", "[1,5]")}}`, 5)],
    ["SAFETENSORS_TRUNCATED", "two bytes missing", file(good, 14)],
    [
      "SAFETENSORS_TRAILING_BYTES",
      "bytes of no tensor",
      file(good, joined([new Uint8Array(16), ascii("extra")])),
    ],
  ];
  it.each(bad)("%s: %s", async (code, _what, bytes) => {
    await expect(open(bytes)).rejects.toMatchObject({ name: "LoratError", code });
  });

  it("names the tensors that overlap", async () => {
    const header = `{"first":${entry("U8", "[4]", "[0,4]")},"second":${entry("U8", "[4]", "[2,6]")}}`;
    await expect(open(file(header, 6))).rejects.toThrow(
      /"second" begins at byte 2 .* inside "first" which ends at 4/,
    );
  });

  it("never throws anything but its own errors, whatever the bytes", async () => {
    const soup = fc.uint8Array({ maxLength: 200 });
    const nearly = fc
      .tuple(fc.string(), fc.uint8Array({ maxLength: 20 }))
      .map(([text, data]) => file(`{${text}}`, data));
    const cut = fc.tuple(fc.nat(60), fc.nat(255)).map(([at, byte]) => {
      const bytes = file(good, 16);
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(soup, nearly, cut), async (bytes) => {
        await open(bytes).then(
          (opened) => expect(opened.size).toBe(bytes.byteLength),
          (error) =>
            expect(error).toMatchObject({ name: "LoratError", code: expect.stringMatching(/^SAFETENSORS_/) }),
        );
      }),
      { numRuns: 500 },
    );
  });
});

const tensors = fc.uniqueArray(
  fc
    .record({
      name: fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__"),
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.nat(5), { maxLength: 4 }),
      seed: fc.nat(255),
    })
    .map(({ seed, ...tensor }): TensorToWrite & { data: Uint8Array } => {
      const length = elementCount(tensor.shape) * dtypeSize[tensor.dtype];
      return { ...tensor, data: Uint8Array.from({ length }, (_, i) => seed + 31 * i) };
    }),
  { selector: ({ name }) => name, maxLength: 8 },
);

describe("writeSafetensors", () => {
  it("writes the bytes of the reference's own examples", async () => {
    const data = rawBytes(Float32Array.of(0, 1, 2, 3, 4, 5));
    const header = '{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}';
    expect(header.length).toBe(64);
    const written = await encodeSafetensors([{ name: "attn.0", dtype: "F32", shape: [1, 2, 3], data }]);
    expect(written).toEqual(file(header, data));
    expect(await encodeSafetensors([])).toEqual(file("{}      "));
    expect(await encodeSafetensors([], { framework: "pt" })).toEqual(
      file('{"__metadata__":{"framework":"pt"}}     '),
    );
  });

  it("orders by dtype from the widest alignment, then by name", async () => {
    const names = ["b.U8", "a.U8", "x.F16", "y.BF16", "1.F32", "0.F32", "z.I64", "z.F64", "z.BOOL", "z.I32"];
    const list = names.map((name): TensorToWrite => {
      const dtype = name.slice(2) as TensorToWrite["dtype"];
      return { name, dtype, shape: [1], data: new Uint8Array(dtypeSize[dtype]) };
    });
    const opened = await open(await encodeSafetensors(list));
    const expected = [
      "z.I64",
      "z.F64",
      "0.F32",
      "1.F32",
      "z.I32",
      "y.BF16",
      "x.F16",
      "a.U8",
      "b.U8",
      "z.BOOL",
    ];
    expect([...opened.entries.keys()]).toEqual(expected);
  });

  it("gives back what was written, aligned, for any tensors and metadata", async () => {
    const texts = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), {
      maxKeys: 3,
    });
    await fc.assert(
      fc.asyncProperty(tensors, texts, async (list, metadata) => {
        const bytes = await encodeSafetensors(list, metadata);
        const opened = await open(bytes);
        expect(opened.metadata).toEqual(new Map(Object.entries(metadata)));
        expect(new Set(opened.entries.keys())).toEqual(new Set(list.map(({ name }) => name)));
        for (const { name, dtype, shape, data } of list) {
          expect(opened.entries.get(name)).toMatchObject({ dtype, shape });
          expect(opened.entries.get(name)!.offset % dtypeSize[dtype]).toBe(0);
          expect(await opened.bytes(name)).toEqual(data);
        }
        expect(await encodeSafetensors([...list].reverse(), metadata)).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });

  it("streams pieces and refuses data of the wrong length or a name twice", async () => {
    const pieces: number[] = [];
    const sink = { write: (bytes: Uint8Array) => void pieces.push(bytes.byteLength) };
    async function* made() {
      for (const length of [3, 0, 5]) yield new Uint8Array(length);
    }
    const tensor = { name: "t", dtype: "U8", shape: [8] } as const;
    await writeSafetensors([{ ...tensor, data: made }], {}, sink);
    expect(pieces.slice(1)).toEqual([3, 0, 5]);
    const refused = { code: "SAFETENSORS_WRITE" };
    for (const shape of [[7], [9]]) {
      await expect(writeSafetensors([{ ...tensor, shape, data: made }], {}, sink)).rejects.toMatchObject(
        refused,
      );
    }
    await expect(
      encodeSafetensors([
        { ...tensor, data: made },
        { ...tensor, data: made },
      ]),
    ).rejects.toMatchObject(refused);
    await expect(encodeSafetensors([{ ...tensor, name: "__metadata__", data: made }])).rejects.toMatchObject(
      refused,
    );
  });
});
