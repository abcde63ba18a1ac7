import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascii, joined, u32, u64 } from "../testing/bytes.ts";
import { type Picklable, pickleBytes } from "../testing/pickle-bytes.ts";
import { type PickleValue, unpickle } from "./pickle.ts";
import { torchRules } from "./torch-objects.ts";

const raw = (...pieces: (string | number | Uint8Array)[]): Uint8Array =>
  joined(
    pieces.map((piece) => {
      if (typeof piece === "string") return ascii(piece);
      return typeof piece === "number" ? Uint8Array.of(piece) : piece;
    }),
  );
const read = (...pieces: (string | number | Uint8Array)[]) => unpickle(raw(0x80, 2, ...pieces), torchRules);

/** Plain values again, so that they can be compared. */
function plain(value: PickleValue): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value.kind === "tuple" || value.kind === "list") return value.items.map(plain);
  if (value.kind === "dict") return [...value.items].map(([key, item]) => [key, plain(item)]);
  return value;
}

describe("unpickle", () => {
  const leaf = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noInteger: true }),
    fc.string({ unit: "grapheme" }),
  );
  const { value } = fc.letrec<{ value: Picklable }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.array(tie("value"), { maxLength: 5 }).map((tuple) => ({ tuple })),
      fc.array(tie("value"), { maxLength: 5 }).map((list) => ({ list })),
      fc
        .dictionary(fc.string(), tie("value"), { maxKeys: 4 })
        .map((dict) => ({ dict: Object.entries(dict) })),
      fc
        .dictionary(fc.string(), tie("value"), { maxKeys: 4 })
        .map((dict) => ({ ordered: Object.entries(dict) })),
    ),
  }));
  const bare = (picklable: Picklable): unknown => {
    if (picklable === null || typeof picklable !== "object") return picklable;
    if ("tuple" in picklable) return picklable.tuple.map(bare);
    if ("list" in picklable) return picklable.list.map(bare);
    const pairs = "dict" in picklable ? picklable.dict : "ordered" in picklable ? picklable.ordered : [];
    return pairs.map(([key, item]) => [bare(key), bare(item)]);
  };

  it.each([2, 3, 4] as const)("gives back any plain value of protocol %i", (protocol) => {
    fc.assert(
      fc.property(value, (picklable) => {
        expect(plain(unpickle(pickleBytes(picklable, protocol), torchRules))).toEqual(bare(picklable));
      }),
      { numRuns: 300 },
    );
  });

  it("reads every opcode it knows that a pickler seldom writes", () => {
    expect(plain(read("(K", 1, "K", 2, "t."))).toEqual([1, 2]);
    expect(plain(read("]K", 7, "a."))).toEqual([7]);
    expect(plain(read("}X", u32(1), "kK", 7, "s."))).toEqual([["k", 7]]);
    expect(read(0x8a, 0, ".")).toBe(0);
    expect(read(0x8a, 2, 0x00, 0xff, ".")).toBe(-256);
    expect(read(0x8b, u32(1), 0x80, ".")).toBe(-128);
    expect(read(0x8d, u64(2), "hi.")).toBe("hi");
    expect(plain(read("K", 5, "r", u32(70_000), "j", u32(70_000), 0x86, "."))).toEqual([5, 5]);
  });

  const forbidden: [what: string, named: string, bytes: Uint8Array][] = [
    ["GLOBAL", "os.system", pickleBytes({ call: "os.system", args: ["rm -rf /"] })],
    ["GLOBAL, never called", "posix.system", pickleBytes({ tuple: [{ global: "posix.system" }] })],
    ["STACK_GLOBAL", "builtins.eval", pickleBytes({ call: "builtins.eval", args: ["1"] }, 4)],
    [
      "a dotted path into a safe module",
      "torch.os.system",
      raw(0x80, 4, 0x8c, 5, "torch", 0x8c, 9, "os.system", 0x93, "."),
    ],
    ["INST", "os.system", raw(0x80, 2, "(X", u32(2), "lsios\nsystem\n.")],
    [
      "a loader of torch's own",
      "torch.storage._load_from_bytes",
      pickleBytes({ call: "torch.storage._load_from_bytes", args: [] }),
    ],
    [
      "a module's class",
      "torch.nn.modules.linear.Linear",
      pickleBytes({ global: "torch.nn.modules.linear.Linear" }),
    ],
    ["a name of Object.prototype", "constructor", pickleBytes({ global: "constructor" })],
    [
      "a call of a storage type",
      "torch.FloatStorage",
      pickleBytes({ call: "torch.FloatStorage", args: [4] }),
    ],
  ];
  it.each(forbidden)("refuses code: %s", (_what, named, bytes) => {
    expect(() => unpickle(bytes, torchRules)).toThrow(
      expect.objectContaining({ code: "PICKLE_FORBIDDEN_GLOBAL", message: expect.stringContaining(named) }),
    );
  });

  it.each<[string, Uint8Array]>([
    ["OBJ", raw("(o.")],
    ["NEWOBJ", raw("))", 0x81, ".")],
    ["NEWOBJ_EX", raw(")})", 0x92, ".")],
    ["EXT1", raw(0x82, 1, ".")],
    ["EXT2", raw(0x83, 1, 0, ".")],
    ["EXT4", raw(0x84, u32(1), ".")],
    ["PERSID", raw("Pid\n.")],
    ["0x49", raw("I1\n.")],
    ["state", raw("K", 1, "}b.")],
  ])("refuses the opcode %s", (named, bytes) => {
    expect(() => read(bytes)).toThrow(
      expect.objectContaining({ code: "PICKLE_FORBIDDEN_OPCODE", message: expect.stringContaining(named) }),
    );
  });

  it.each<[code: string, what: string, bytes: Uint8Array]>([
    ["PICKLE_PROTOCOL", "protocol 0", raw("N.")],
    ["PICKLE_PROTOCOL", "protocol 1", raw(0x80, 1, "N.")],
    ["PICKLE_PROTOCOL", "protocol 5", raw(0x80, 5, "N.")],
    ["PICKLE_DAMAGED", "nothing", raw()],
    ["PICKLE_DAMAGED", "no end", raw(0x80, 2, "N")],
    ["PICKLE_DAMAGED", "no value", raw(0x80, 2, ".")],
    ["PICKLE_DAMAGED", "two values", raw(0x80, 2, "NN.")],
    ["PICKLE_DAMAGED", "an open mark", raw(0x80, 2, "(N.")],
    ["PICKLE_DAMAGED", "a tuple of nothing", raw(0x80, 2, 0x86, ".")],
    ["PICKLE_DAMAGED", "a tuple across a mark", raw(0x80, 2, "N(", 0x85, ".")],
    ["PICKLE_DAMAGED", "a memo of nothing", raw(0x80, 2, "q", 0, ".")],
    ["PICKLE_DAMAGED", "an unknown memo", raw(0x80, 2, "h", 9, ".")],
    ["PICKLE_DAMAGED", "a close without a mark", raw(0x80, 2, "Nt.")],
    ["PICKLE_DAMAGED", "items for no dictionary", raw(0x80, 2, "](NNu.")],
    ["PICKLE_DAMAGED", "a key without a value", raw(0x80, 2, "}(Nu.")],
    ["PICKLE_DAMAGED", "a key twice", raw(0x80, 2, "}(K", 1, "NK", 1, "Nu.")],
    ["PICKLE_DAMAGED", "a list as a key", raw(0x80, 2, "}(]Nu.")],
    ["PICKLE_DAMAGED", "an append to no list", raw(0x80, 2, ")Na.")],
    ["PICKLE_DAMAGED", "a call of text", raw(0x80, 2, "X", u32(1), "f)R.")],
    [
      "PICKLE_DAMAGED",
      "a filled ordered dictionary",
      pickleBytes({ call: "collections.OrderedDict", args: [{ list: [] }] }),
    ],
    ["PICKLE_DAMAGED", "a strange storage", pickleBytes({ persistent: { tuple: ["module", null] } })],
    [
      "PICKLE_DAMAGED",
      "a tensor of text",
      pickleBytes({ call: "torch._utils._rebuild_tensor_v2", args: ["x"] }),
    ],
    [
      "PICKLE_DAMAGED",
      "a parameter of text",
      pickleBytes({ call: "torch._utils._rebuild_parameter", args: ["x"] }),
    ],
    ["PICKLE_DAMAGED", "a text cut short", raw(0x80, 2, "X", u32(9), "abc.")],
    ["PICKLE_DAMAGED", "a text that is no UTF-8", raw(0x80, 2, "X", u32(1), 0xff, ".")],
    ["PICKLE_DAMAGED", "a name without an end", raw(0x80, 2, "cos")],
    ["PICKLE_DAMAGED", "a frame past the end", raw(0x80, 4, 0x95, u64(100), "N.")],
    ["PICKLE_LIMIT", "a long integer of 200 bytes", raw(0x80, 2, 0x8a, 200, new Uint8Array(200), ".")],
    ["PICKLE_LIMIT", "a long integer of a gigabyte", raw(0x80, 2, 0x8b, u32(2 ** 30), ".")],
    ["PICKLE_LIMIT", "an integer beyond numbers", raw(0x80, 2, 0x8a, 8, new Uint8Array(8).fill(0x7f), ".")],
    ["PICKLE_LIMIT", "a text of a gigabyte", raw(0x80, 2, "X", u32(2 ** 30), ".")],
    ["PICKLE_LIMIT", "a text length beyond numbers", raw(0x80, 2, 0x8d, new Uint8Array(8).fill(0xff), ".")],
    ["PICKLE_LIMIT", "marks without end", raw(0x80, 2, "(".repeat(20_000), ".")],
    ["PICKLE_LIMIT", "a stack without end", raw(0x80, 2, new Uint8Array(1_100_000).fill(0x4e), ".")],
  ])("%s: %s", (code, _what, bytes) => {
    expect(() => unpickle(bytes, torchRules)).toThrow(expect.objectContaining({ name: "LoratError", code }));
  });

  it("takes a dictionary's attributes and drops them", () => {
    const bytes = pickleBytes({ ordered: [["a", 1]], state: { dict: [["_metadata", { ordered: [] }]] } });
    expect(plain(unpickle(bytes, torchRules))).toEqual([["a", 1]]);
  });

  it("never throws anything but its own errors, whatever the opcodes", () => {
    const opcodes = fc.array(
      fc.constantFrom(...ascii("()]}NKJMXcRQbtuseaqhr."), 0x85, 0x86, 0x87, 0x88, 0x93, 0x94, 0, 1),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(opcodes, (codes) => {
        try {
          unpickle(raw(0x80, 2, Uint8Array.from(codes)), torchRules);
        } catch (error) {
          expect(error).toMatchObject({
            name: "LoratError",
            code: expect.stringMatching(/^(PICKLE|TORCH)_/),
          });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
