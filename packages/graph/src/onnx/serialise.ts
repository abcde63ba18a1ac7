import { create, toBinary } from "@bufbuild/protobuf";
import { LoratError } from "../errors.ts";
import { type Attribute, type Node, reachableNodes, type Value } from "../graph.ts";
import { onnxDType } from "../ops/layout.ts";
import { lowered } from "../rewrites/lower.ts";
import { bytesOf, type DType } from "../tensor.ts";
import {
  type AttributeProto,
  AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.ts";

const irVersion = 10;
/** That of ONNX 1.12, which opset 17 came with. */
const irVersionOfOlder = 8;
/** The operator set that graphs are written for. */
export const opsetVersion = 21;
/** Protobuf messages end at 2 GB; weights beyond this many bytes in total must lie in another file. */
const maximumEmbedded = 1.9 * 2 ** 30;

/** Where a parameter's data lies: in the model, in another file, or nowhere because it is fed at each run. */
export type Placement =
  | { readonly kind: "input" }
  | { readonly kind: "embedded"; readonly dtype: DType; readonly data: Uint8Array }
  | {
      readonly kind: "external";
      readonly dtype: DType;
      readonly location: string;
      readonly offset: number;
      readonly length: number;
      /** What ONNX Runtime noted of the copies that it laid out for its products, in the same file. */
      readonly packed?: Readonly<Record<string, string>>;
    };

/** How a graph is written; see {@link serialise}. */
export interface SerialiseOptions {
  readonly name?: string;
  /** The set of operators that the model names; its operators have to be in it (see `forOldestOpset`). Default: {@link opsetVersion}. */
  readonly opset?: number;
}

/** A graph written as ONNX. */
export interface SerialisedModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly Value[];
  readonly outputNames: readonly string[];
}

/**
 * Writes what `outputs` need as one ONNX model, named as the keys of `outputs`. `place` says where each parameter's
 * data lies; a parameter stored as float16 and used as float32 gets a Cast. Throws `ONNX_TOO_LARGE` past 2 GB of
 * embedded data, `GRAPH_NAME` when an output would take the name of an input or weight.
 */
export function serialise(
  outputs: Readonly<Record<string, Value>>,
  place: (parameter: Value) => Placement = () => ({ kind: "input" }),
  { name = "lorat", opset = opsetVersion }: SerialiseOptions = {},
): SerialisedModel {
  const standard = lowered(outputs);
  const values = Object.values(standard);
  const nodes = reachableNodes(values);
  const used = new Set<Value>(values);
  for (const node of nodes) for (const input of node.inputs) used.add(input);

  const renamed = new Map<Value, string>();
  const identities: [string, Value][] = [];
  for (const [key, value] of Object.entries(standard)) {
    if (value.kind === "node" && !renamed.has(value)) renamed.set(value, key);
    else identities.push([key, value]);
  }
  const nameOf = (value: Value) => renamed.get(value) ?? value.name;
  const taken = new Set([...used].filter((value) => !renamed.has(value)).map((value) => value.name));
  for (const key of Object.keys(outputs)) {
    if (taken.has(key)) throw new LoratError("GRAPH_NAME", `the output ${key} has the name of another value`);
  }

  const inputs: Value[] = [];
  const initializer: TensorProto[] = [];
  const casts: NodeProto[] = [];
  let embeddedBytes = 0;
  const embed = (tensor: TensorProto) => {
    embeddedBytes += tensor.rawData.byteLength;
    initializer.push(tensor);
  };
  for (const value of used) {
    if (value.kind === "input") inputs.push(value);
    if (value.kind === "constant") embed(constantProto(value));
    if (value.kind !== "parameter") continue;
    const placement = place(value);
    if (placement.kind === "input") {
      inputs.push(value);
      continue;
    }
    const stored = placement.dtype === value.dtype ? value.name : `${value.name}@${placement.dtype}`;
    if (stored !== value.name) {
      casts.push(
        create(NodeProtoSchema, {
          opType: "Cast",
          name: `${value.name}/cast`,
          input: [stored],
          output: [value.name],
          attribute: [attributeProto("to", onnxDType[value.dtype])],
        }),
      );
    }
    embed(parameterProto(stored, value, placement));
  }
  if (embeddedBytes > maximumEmbedded) {
    throw new LoratError(
      "ONNX_TOO_LARGE",
      `${(embeddedBytes / 2 ** 30).toFixed(1)} GB of weights do not fit into one ONNX file`,
      { hint: "keep the weights in a file of their own (external data)" },
    );
  }

  const model = create(ModelProtoSchema, {
    irVersion: BigInt(opset < opsetVersion ? irVersionOfOlder : irVersion),
    producerName: "lorat",
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    graph: {
      name,
      node: [
        ...casts,
        ...nodes.map((node) => nodeProto(node, nameOf, used)),
        ...identities.map(([key, value]) =>
          create(NodeProtoSchema, {
            opType: "Identity",
            name: `${key}/identity`,
            input: [nameOf(value)],
            output: [key],
          }),
        ),
      ],
      initializer,
      input: inputs.map((value) => valueInfo(value.name, value)),
      output: Object.entries(standard).map(([key, value]) => valueInfo(key, value)),
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), inputs, outputNames: Object.keys(outputs) };
}

function nodeProto(node: Node, nameOf: (value: Value) => string, used: ReadonlySet<Value>): NodeProto {
  const output = node.outputs.map(nameOf);
  if (node.operator.optionalOutputs) {
    while (output.length > 1 && !used.has(node.outputs[output.length - 1]!)) output.pop();
  }
  return create(NodeProtoSchema, {
    opType: node.operator.type,
    name: node.name,
    input: node.inputs.map(nameOf),
    output,
    attribute: Object.entries(node.attributes).map(([key, value]) => attributeProto(key, value)),
  });
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: 2, i: BigInt(value) });
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { name, type: 3, s: new TextEncoder().encode(value) });
  }
  if ("float" in value) return create(AttributeProtoSchema, { name, type: 1, f: value.float });
  return create(AttributeProtoSchema, { name, type: 7, ints: value.map(BigInt) });
}

function constantProto(value: Value): TensorProto {
  return create(TensorProtoSchema, {
    name: value.name,
    dims: value.shape.map(BigInt),
    dataType: onnxDType[value.dtype],
    rawData: bytesOf(value.tensor!),
  });
}

function parameterProto(
  name: string,
  value: Value,
  placement: Exclude<Placement, { kind: "input" }>,
): TensorProto {
  const common = { name, dims: value.shape.map(BigInt), dataType: onnxDType[placement.dtype] };
  if (placement.kind === "embedded") return create(TensorProtoSchema, { ...common, rawData: placement.data });
  return create(TensorProtoSchema, {
    ...common,
    dataLocation: 1,
    externalData: [
      { key: "location", value: placement.location },
      { key: "offset", value: String(placement.offset) },
      { key: "length", value: String(placement.length) },
      ...Object.entries(placement.packed ?? {}).map(([key, value]) => ({ key, value })),
    ],
  });
}

function valueInfo(name: string, value: Value): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: onnxDType[value.dtype],
          shape: {
            dim: value.shape.map((dim) => ({ value: { case: "dimValue" as const, value: BigInt(dim) } })),
          },
        },
      },
    },
  });
}
