import { LoratError } from "@lorat/graph";
import { type PickleReader, pickleReader } from "./pickle-reader.ts";

/** What a restricted pickle can hold. `object` values come from the {@link PickleRules} and are opaque here. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | { readonly kind: "tuple"; readonly items: PickleValue[] }
  | { readonly kind: "list"; readonly items: PickleValue[] }
  | { readonly kind: "dict"; readonly items: Map<PickleKey, PickleValue> }
  | PickleGlobal
  | { readonly kind: "object"; readonly value: object };

export type PickleKey = null | boolean | number | string;

/** A name that the pickle imports: one of the few that the rules know, with what calling it makes. */
export interface PickleGlobal {
  readonly kind: "global";
  readonly name: string;
  /** Absent for names that may be mentioned but not called. */
  readonly call?: (args: readonly PickleValue[]) => PickleValue;
}

/** The only way out of the machine: which imports exist, and what a persistent identifier stands for. */
export interface PickleRules {
  /** The import `module.name`, or undefined to refuse it. */
  resolve(qualifiedName: string): PickleGlobal | undefined;
  persistent(id: PickleValue): PickleValue;
}

const limits = { memo: 1_000_000, stack: 1_000_000, marks: 10_000 };

interface Machine {
  readonly stack: PickleValue[];
  /** Stack heights at the open MARKs. */
  readonly marks: number[];
  readonly memo: Map<number, PickleValue>;
  readonly rules: PickleRules;
}

/**
 * Reads a pickle of protocol 2 to 4 with a machine that knows only the opcodes that tensors in dictionaries need. It
 * imports nothing: names go through `rules`, and every opcode that could build another object is refused.
 *
 * Throws `PICKLE_PROTOCOL`, `PICKLE_FORBIDDEN_GLOBAL`, `PICKLE_FORBIDDEN_OPCODE`, `PICKLE_LIMIT`, `PICKLE_DAMAGED`.
 */
export function unpickle(bytes: Uint8Array, rules: PickleRules): PickleValue {
  const reader = pickleReader(bytes);
  const machine: Machine = { stack: [], marks: [], memo: new Map(), rules };
  const protocol = reader.byte() === 0x80 ? reader.byte() : 0;
  if (protocol < 2 || protocol > 4) {
    throw new LoratError(
      "PICKLE_PROTOCOL",
      `the pickle has protocol ${protocol || "0 or 1"}; 2, 3 and 4 can be read`,
    );
  }
  for (;;) {
    const at = reader.position();
    const opcode = reader.byte();
    if (opcode === 0x2e) break;
    const run = opcodes[opcode];
    if (!run) throw forbiddenOpcode(opcode, at, reader);
    run(machine, reader);
    if (
      machine.stack.length > limits.stack ||
      machine.memo.size > limits.memo ||
      machine.marks.length > limits.marks
    ) {
      throw new LoratError(
        "PICKLE_LIMIT",
        `the pickle needs more room than any file of weights does, at byte ${at}`,
      );
    }
  }
  if (machine.stack.length !== 1 || machine.marks.length > 0)
    throw damaged("does not end with exactly one value");
  return machine.stack[0]!;
}

const opcodes: Readonly<Record<number, (machine: Machine, reader: PickleReader) => void>> = {
  // MARK ( and FRAME
  40: (m) => m.marks.push(m.stack.length),
  149: (_, r) => r.skipFrame(),
  // constants: NONE N, NEWTRUE, NEWFALSE
  78: (m) => m.stack.push(null),
  136: (m) => m.stack.push(true),
  137: (m) => m.stack.push(false),
  // numbers: BININT J, BININT1 K, BININT2 M, LONG1, LONG4, BINFLOAT G
  74: (m, r) => m.stack.push(r.int32()),
  75: (m, r) => m.stack.push(r.byte()),
  77: (m, r) => m.stack.push(r.uint16()),
  138: (m, r) => m.stack.push(r.long(r.byte())),
  139: (m, r) => m.stack.push(r.long(r.int32())),
  71: (m, r) => m.stack.push(r.float64()),
  // text: BINUNICODE X, SHORT_BINUNICODE, BINUNICODE8
  88: (m, r) => m.stack.push(r.text(r.uint32())),
  140: (m, r) => m.stack.push(r.text(r.byte())),
  141: (m, r) => m.stack.push(r.text(r.uint64())),
  // collections: EMPTY_TUPLE ), TUPLE1, TUPLE2, TUPLE3, TUPLE t, EMPTY_LIST ], APPEND a, APPENDS e
  41: (m) => m.stack.push({ kind: "tuple", items: [] }),
  133: (m) => m.stack.push({ kind: "tuple", items: popMany(m, 1) }),
  134: (m) => m.stack.push({ kind: "tuple", items: popMany(m, 2) }),
  135: (m) => m.stack.push({ kind: "tuple", items: popMany(m, 3) }),
  116: (m) => m.stack.push({ kind: "tuple", items: popToMark(m) }),
  93: (m) => m.stack.push({ kind: "list", items: [] }),
  97: (m) => append(m, popMany(m, 1)),
  101: (m) => append(m, popToMark(m)),
  // EMPTY_DICT }, SETITEM s, SETITEMS u
  125: (m) => m.stack.push({ kind: "dict", items: new Map() }),
  115: (m) => setItems(m, popMany(m, 2)),
  117: (m) => setItems(m, popToMark(m)),
  // memo: BINPUT q, LONG_BINPUT r, MEMOIZE, BINGET h, LONG_BINGET j
  113: (m, r) => m.memo.set(r.byte(), top(m)),
  114: (m, r) => m.memo.set(r.uint32(), top(m)),
  148: (m) => m.memo.set(m.memo.size, top(m)),
  104: (m, r) => recall(m, r.byte()),
  106: (m, r) => recall(m, r.uint32()),
  // GLOBAL c, STACK_GLOBAL, REDUCE R, BUILD b, BINPERSID Q
  99: (m, r) => pushGlobal(m, r.line(), r.line()),
  147: (m) => {
    const [module, name] = popMany(m, 2);
    if (typeof module !== "string" || typeof name !== "string")
      throw damaged("imports something that is no name");
    pushGlobal(m, module, name);
  },
  82: reduce,
  98: build,
  81: (m) => m.stack.push(m.rules.persistent(popMany(m, 1)[0]!)),
};

/** Opcodes that are refused, by name, because they build objects or call code. */
const forbiddenNames: Readonly<Record<number, string>> = {
  105: "INST",
  111: "OBJ",
  129: "NEWOBJ",
  146: "NEWOBJ_EX",
  130: "EXT1",
  131: "EXT2",
  132: "EXT4",
  80: "PERSID",
};

function forbiddenOpcode(opcode: number, at: number, reader: PickleReader): LoratError {
  if (opcode === 105) return forbiddenGlobal(`${reader.line()}.${reader.line()}`);
  const name = forbiddenNames[opcode] ?? `0x${opcode.toString(16).padStart(2, "0")}`;
  return new LoratError(
    "PICKLE_FORBIDDEN_OPCODE",
    `the pickle uses the opcode ${name} at byte ${at}; tensors do not need it`,
    {
      hint: "A file like this can run code when Python opens it. Do not use it unless you trust where it comes from.",
    },
  );
}

function forbiddenGlobal(name: string): LoratError {
  return new LoratError(
    "PICKLE_FORBIDDEN_GLOBAL",
    `the pickle asks for "${name}", which is no part of a tensor`,
    {
      hint: "A file like this can run code when Python opens it: get the weights as safetensors, or save only the state dict.",
    },
  );
}

function pushGlobal(machine: Machine, module: string, name: string): void {
  const global = machine.rules.resolve(`${module}.${name}`);
  if (!global) throw forbiddenGlobal(`${module}.${name}`);
  machine.stack.push(global);
}

function reduce(machine: Machine): void {
  const [callable, args] = popMany(machine, 2);
  if (!isKind(callable, "global") || !isKind(args, "tuple"))
    throw damaged("calls something that is no import");
  if (!callable.call) throw new LoratError("PICKLE_FORBIDDEN_GLOBAL", `the pickle calls "${callable.name}"`);
  machine.stack.push(callable.call(args.items));
}

/** Python hangs attributes on an ordered dictionary with this (torch: `_metadata`); they carry no tensor, so they go. */
function build(machine: Machine): void {
  const [state] = popMany(machine, 1);
  if (!isKind(top(machine), "dict") || !isKind(state, "dict")) {
    throw new LoratError(
      "PICKLE_FORBIDDEN_OPCODE",
      "the pickle sets the state of something that is no dictionary",
    );
  }
}

function append(machine: Machine, items: readonly PickleValue[]): void {
  const list = top(machine);
  if (!isKind(list, "list")) throw damaged("appends to something that is no list");
  for (const item of items) list.items.push(item);
}

function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const dict = top(machine);
  if (!isKind(dict, "dict") || items.length % 2 !== 0)
    throw damaged("sets items of something that is no dictionary");
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i]!;
    if (key !== null && typeof key === "object")
      throw damaged("has a dictionary key that is no text or number");
    if (dict.items.has(key)) throw damaged(`has the dictionary key ${JSON.stringify(key)} twice`);
    dict.items.set(key, items[i + 1]!);
  }
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index);
  if (value === undefined) throw damaged(`recalls value ${index}, which was never stored`);
  machine.stack.push(value);
}

function top(machine: Machine): PickleValue {
  const value = machine.stack.at(-1);
  if (value === undefined || machine.stack.length <= (machine.marks.at(-1) ?? 0))
    throw damaged("uses a value before it has one");
  return value;
}

function popMany(machine: Machine, count: number): PickleValue[] {
  if (machine.stack.length - count < (machine.marks.at(-1) ?? 0))
    throw damaged("uses a value before it has one");
  return machine.stack.splice(machine.stack.length - count, count);
}

function popToMark(machine: Machine): PickleValue[] {
  const mark = machine.marks.pop();
  if (mark === undefined) throw damaged("closes a list that it never opened");
  return machine.stack.splice(mark);
}

/** Whether a value is of one of the non-primitive kinds. */
export function isKind<K extends "tuple" | "list" | "dict" | "global" | "object">(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}

/** A `PICKLE_DAMAGED` error; `what` continues "the pickle …". */
export function damaged(what: string): LoratError {
  return new LoratError("PICKLE_DAMAGED", `the pickle ${what}`, {
    hint: "The file is damaged, or no file of weights.",
  });
}
