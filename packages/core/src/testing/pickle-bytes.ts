import { ascii, joined, u16, u32, u64 } from "./bytes.ts";

/** What a test pickles: plain values, and the calls that torch's pickles make. */
export type Picklable =
  | null
  | boolean
  | number
  | string
  | { readonly tuple: readonly Picklable[] }
  | { readonly list: readonly Picklable[] }
  | { readonly dict: readonly (readonly [Picklable, Picklable])[] }
  | { readonly ordered: readonly (readonly [Picklable, Picklable])[]; readonly state?: Picklable }
  | { readonly global: string }
  | { readonly call: string; readonly args: readonly Picklable[] }
  | { readonly persistent: Picklable }
  /** Bytes put in as they are. */
  | { readonly raw: Uint8Array };

/** Pickles a value as Python's pickler lays it out for the protocol, with texts and imports recalled from the memo. */
export function pickleBytes(value: Picklable, protocol: 2 | 3 | 4 = 2): Uint8Array {
  const memo = new Map<string, number>();
  const body = encode(value, { protocol, memo });
  const framed = protocol === 4 ? [Uint8Array.of(0x95), u64(body.byteLength + 1)] : [];
  return joined([Uint8Array.of(0x80, protocol), ...framed, body, ascii(".")]);
}

interface Context {
  readonly protocol: number;
  readonly memo: Map<string, number>;
}

function encode(value: Picklable, context: Context): Uint8Array {
  if (value === null) return ascii("N");
  if (typeof value === "boolean") return Uint8Array.of(value ? 0x88 : 0x89);
  if (typeof value === "number") return encodeNumber(value);
  if (typeof value === "string") return recalled(`text ${value}`, context, () => encodeText(value, context));
  if ("raw" in value) return value.raw;
  if ("tuple" in value) return encodeTuple(value.tuple, context);
  if ("list" in value) return collection(ascii("]"), value.list, "e", context);
  if ("dict" in value) return collection(ascii("}"), value.dict.flat(), "u", context);
  if ("ordered" in value) {
    const call = encode({ call: "collections.OrderedDict", args: [] }, context);
    const filled = collection(call, value.ordered.flat(), "u", context);
    return value.state === undefined ? filled : joined([filled, encode(value.state, context), ascii("b")]);
  }
  if ("global" in value)
    return recalled(`global ${value.global}`, context, () => encodeGlobal(value.global, context));
  if ("call" in value) {
    return joined([encode({ global: value.call }, context), encodeTuple(value.args, context), ascii("R")]);
  }
  return joined([encode(value.persistent, context), ascii("Q")]);
}

function collection(
  start: Uint8Array,
  items: readonly Picklable[],
  end: string,
  context: Context,
): Uint8Array {
  if (items.length === 0) return start;
  return joined([start, ascii("("), ...items.map((item) => encode(item, context)), ascii(end)]);
}

function encodeTuple(items: readonly Picklable[], context: Context): Uint8Array {
  const encoded = items.map((item) => encode(item, context));
  if (items.length === 0) return ascii(")");
  if (items.length <= 3) return joined([...encoded, Uint8Array.of(0x84 + items.length)]);
  return joined([ascii("("), ...encoded, ascii("t")]);
}

function encodeNumber(value: number): Uint8Array {
  if (!Number.isInteger(value)) {
    const bytes = new Uint8Array(9);
    bytes[0] = 0x47;
    new DataView(bytes.buffer).setFloat64(1, value, false);
    return bytes;
  }
  if (value >= 0 && value < 0x100) return Uint8Array.of(0x4b, value);
  if (value >= 0 && value < 0x10000) return joined([ascii("M"), u16(value)]);
  if (value >= -0x80000000 && value < 0x80000000) return joined([ascii("J"), u32(value)]);
  return joined([Uint8Array.of(0x8a, 8), u64(value)]);
}

function encodeText(text: string, { protocol }: Context): Uint8Array {
  const bytes = ascii(text);
  if (protocol === 4 && bytes.byteLength < 256) return joined([Uint8Array.of(0x8c, bytes.byteLength), bytes]);
  return joined([ascii("X"), u32(bytes.byteLength), bytes]);
}

function encodeGlobal(name: string, context: Context): Uint8Array {
  const dot = name.lastIndexOf(".");
  const [module, attribute] = [name.slice(0, dot), name.slice(dot + 1)];
  if (context.protocol < 4) return ascii(`c${module}\n${attribute}\n`);
  return joined([encode(module, context), encode(attribute, context), Uint8Array.of(0x93)]);
}

/** The bytes of a value the first time, and its recall from the memo after that. */
function recalled(key: string, { protocol, memo }: Context, make: () => Uint8Array): Uint8Array {
  const index = memo.get(key);
  if (index !== undefined) return index < 256 ? Uint8Array.of(0x68, index) : joined([ascii("j"), u32(index)]);
  const bytes = make();
  const next = memo.size;
  memo.set(key, next);
  if (protocol === 4) return joined([bytes, Uint8Array.of(0x94)]);
  return joined([bytes, next < 256 ? Uint8Array.of(0x71, next) : joined([ascii("r"), u32(next)])]);
}
