import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascii, rawBytes } from "../testing/bytes.ts";
import { type Picklable, pickleBytes } from "../testing/pickle-bytes.ts";
import { type TorchTestTensor, tensorPickle, torchSource } from "../testing/torch-bytes.ts";
import { zipBytes, zipSource } from "../testing/zip-bytes.ts";
import { bytesSource } from "./byte-source.ts";
import { openTorchZip } from "./torch-zip.ts";

const counting = Float32Array.from({ length: 24 }, (_, i) => i);
const tensor = (fields: Partial<TorchTestTensor>): TorchTestTensor => ({
  name: "a",
  dtype: "F32",
  shape: [4, 6],
  data: rawBytes(counting),
  ...fields,
});

describe("openTorchZip", () => {
  it.each([2, 3, 4] as const)("reads tensors of every dtype, protocol %i", async (protocol) => {
    const file = await openTorchZip(
      torchSource(
        [
          tensor({ name: "f32" }),
          tensor({ name: "f64", dtype: "F64", shape: [2], data: rawBytes(Float64Array.of(0.5, -3)) }),
          tensor({ name: "f16", dtype: "F16", shape: [2], data: rawBytes(Uint16Array.of(0x3c00, 0xc000)) }),
          tensor({ name: "bf16", dtype: "BF16", shape: [1], data: rawBytes(Uint16Array.of(0x3f80)) }),
          tensor({ name: "i64", dtype: "I64", shape: [], data: rawBytes(BigInt64Array.of(-64n)) }),
          tensor({ name: "i32", dtype: "I32", shape: [1], data: rawBytes(Int32Array.of(-64)) }),
          tensor({ name: "i16", dtype: "I16", shape: [1], data: rawBytes(Int16Array.of(-64)) }),
          tensor({ name: "i8", dtype: "I8", shape: [1], data: rawBytes(Int8Array.of(-64)) }),
          tensor({ name: "u8", dtype: "U8", shape: [1], data: Uint8Array.of(200) }),
          tensor({ name: "bool", dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) }),
          tensor({ name: "empty", shape: [0, 3], data: new Uint8Array(0) }),
        ],
        { protocol },
      ),
    );
    const values = async (name: string) => [...(await file.float32(name))];
    expect(await values("f32")).toEqual([...counting]);
    expect(await values("f64")).toEqual([0.5, -3]);
    expect(await values("f16")).toEqual([1, -2]);
    expect(await values("bf16")).toEqual([1]);
    for (const name of ["i64", "i32", "i16", "i8"]) expect(await values(name)).toEqual([-64]);
    expect(await values("u8")).toEqual([200]);
    expect(await values("bool")).toEqual([1, 0]);
    expect(await values("empty")).toEqual([]);
    expect(file.entries.get("i64")).toMatchObject({ dtype: "I64", shape: [], length: 8 });
  });

  it("gives offsets that are absolute in the file", async () => {
    const source = torchSource([tensor({ shape: [2, 6], storageOffset: 6 })]);
    const { offset, length } = (await openTorchZip(source)).entries.get("a")!;
    expect(await source.read(offset, length)).toEqual(rawBytes(counting.slice(6, 18)));
  });

  it("reads shared storages and any strides in row-major order, whole and in part", async () => {
    const views = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain((sizes) =>
      fc.record({
        sizes: fc.constant(sizes),
        order: fc.shuffledSubarray(
          sizes.map((_, axis) => axis),
          { minLength: sizes.length },
        ),
        offset: fc.nat(5),
        from: fc.nat(),
        to: fc.nat(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(views, async ({ sizes, order, offset, from, to }) => {
        // a row-major tensor with one more element in its last axis, cut to `sizes`, its axes in another order
        const padded = sizes.map((size, axis) => (axis === sizes.length - 1 ? size + 1 : size));
        const strides = padded.map((_, axis) => padded.slice(axis + 1).reduce((a, b) => a * b, 1));
        const shape = order.map((axis) => sizes[axis]!);
        const permuted = order.map((axis) => strides[axis]!);
        const data = rawBytes(
          Float32Array.from({ length: offset + padded.reduce((a, b) => a * b, 1) }, (_, i) => i),
        );
        const expected: number[] = [];
        const walk = (axis: number, place: number) => {
          if (axis === shape.length) expected.push(place);
          else for (let i = 0; i < shape[axis]!; i++) walk(axis + 1, place + i * permuted[axis]!);
        };
        walk(0, offset);
        const file = await openTorchZip(
          torchSource([
            tensor({ name: "all", shape: [data.byteLength / 4], data, key: "shared" }),
            tensor({ name: "view", shape, strides: permuted, storageOffset: offset, data, key: "shared" }),
          ]),
        );
        expect([...(await file.float32("view"))]).toEqual(expected);
        const [begin, end] = [from % (expected.length + 1), to % (expected.length + 1)].sort(
          (a, b) => a - b,
        ) as [number, number];
        expect([...(await file.float32("view", begin, end))]).toEqual(expected.slice(begin, end));
        expect(await file.float32("all")).toHaveLength(data.byteLength / 4);
      }),
      { numRuns: 150 },
    );
  });

  it("reads a parameter, and a state dict one level down", async () => {
    const inner: Picklable = {
      dict: [
        [
          "w",
          {
            call: "torch._utils._rebuild_parameter",
            args: [tensorPickle(tensor({}), "0"), true, { ordered: [] }],
          },
        ],
      ],
    };
    for (const key of ["model", "state_dict"]) {
      const wrap = (): Picklable => ({
        dict: [
          ["epoch", 3],
          [key, inner],
          ["lr", 0.5],
        ],
      });
      const file = await openTorchZip(torchSource([tensor({})], { wrap }));
      expect([...file.entries.keys()]).toEqual(["w"]);
      expect(await file.float32("w")).toEqual(counting);
    }
  });

  it("reads a tensor that lies beyond 4 GB", async () => {
    const file = await openTorchZip(
      torchSource([
        tensor({ name: "large", shape: [5 * 2 ** 28], data: 5 * 2 ** 30 }),
        tensor({ name: "after", shape: [24] }),
      ]),
    );
    expect(file.entries.get("after")!.offset).toBeGreaterThan(2 ** 32);
    expect(await file.float32("after")).toEqual(counting);
    expect(await file.float32("large", 5 * 2 ** 28 - 2)).toEqual(new Float32Array(2));
  });

  const open = (tensors: TorchTestTensor[], file = {}) => openTorchZip(torchSource(tensors, file));
  it.each<[code: string, what: string, run: () => Promise<unknown>]>([
    [
      "PICKLE_FORBIDDEN_GLOBAL",
      "code beside the tensors",
      () =>
        open([tensor({})], {
          wrap: (all: Picklable) => ({ tuple: [all, { call: "os.system", args: ["id"] }] }),
        }),
    ],
    [
      "TORCH_NO_PICKLE",
      "another zip archive",
      () => openTorchZip(zipSource([{ name: "readme.txt", data: ascii("hi") }])),
    ],
    [
      "TORCH_NO_PICKLE",
      "two pickles",
      () =>
        openTorchZip(
          zipSource(["a", "b"].map((root) => ({ name: `${root}/data.pkl`, data: pickleBytes(null) }))),
        ),
    ],
    [
      "TORCH_SCRIPT",
      "a TorchScript program",
      () =>
        openTorchZip(
          zipSource(
            ["data.pkl", "constants.pkl"].map((name) => ({ name: `m/${name}`, data: pickleBytes(null) })),
          ),
        ),
    ],
    ["TORCH_BIG_ENDIAN", "big-endian numbers", () => open([tensor({})], { byteOrder: "big" })],
    [
      "TORCH_NOT_STATE_DICT",
      "a list",
      () => open([tensor({})], { wrap: (all: Picklable) => ({ list: [all] }) }),
    ],
    [
      "TORCH_NOT_STATE_DICT",
      "a number among tensors",
      () =>
        open([tensor({})], {
          wrap: () => ({
            dict: [
              ["a", tensorPickle(tensor({}), "0")],
              ["epoch", 3],
            ],
          }),
        }),
    ],
    [
      "TORCH_NOT_STATE_DICT",
      "a number as a name",
      () => open([], { wrap: () => ({ dict: [[0, tensorPickle(tensor({}), "0")]] }) }),
    ],
    [
      "TORCH_NOT_STATE_DICT",
      "two levels down",
      () =>
        open([tensor({})], { wrap: (all: Picklable) => ({ dict: [["model", { dict: [["model", all]] }]] }) }),
    ],
    ["TORCH_NOT_STATE_DICT", "nothing", () => open([])],
    [
      "TORCH_STORAGE",
      "a storage that is not there",
      () => open([], { wrap: () => ({ dict: [["a", tensorPickle(tensor({}), "7")]] }) }),
    ],
    [
      "TORCH_STORAGE",
      "a storage shorter than announced",
      () =>
        open([tensor({ data: new Uint8Array(8), shape: [2] })], {
          wrap: () => ({ dict: [["a", tensorPickle(tensor({}), "0")]] }),
        }),
    ],
    ["TORCH_TENSOR_BOUNDS", "a shape past the storage", () => open([tensor({ shape: [5, 6] })])],
    ["TORCH_TENSOR_BOUNDS", "strides past the storage", () => open([tensor({ strides: [7, 1] })])],
    ["TORCH_TENSOR_BOUNDS", "an offset past the storage", () => open([tensor({ storageOffset: 1 })])],
    [
      "TORCH_TENSOR_BOUNDS",
      "one element repeated a billion times",
      () => open([tensor({ shape: [2 ** 30], strides: [0] })]),
    ],
    [
      "PICKLE_DAMAGED",
      "a negative stride",
      () => open([tensor({ shape: [2], strides: [-1], storageOffset: 2 })]),
    ],
    ["PICKLE_DAMAGED", "a stride too few", () => open([tensor({ strides: [1] })])],
    [
      "ZIP_COMPRESSED",
      "a compressed member",
      () => openTorchZip(zipSource([{ name: "a/data.pkl", data: pickleBytes(null), method: 8 }])),
    ],
  ])("%s: %s", async (code, _what, run) => {
    await expect(run()).rejects.toMatchObject({ name: "LoratError", code });
  });

  it("refuses a file that was cut short", async () => {
    const source = torchSource([tensor({})]);
    const bytes = await source.read(0, source.size - 30);
    await expect(openTorchZip(bytesSource(bytes))).rejects.toMatchObject({ code: "ZIP_NO_DIRECTORY" });
    expect((await zipBytes([])).byteLength).toBe(22);
  });
});
