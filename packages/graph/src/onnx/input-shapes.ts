import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { LoratError } from "../errors.ts";
import {
  ModelProtoSchema,
  TensorShapeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.ts";

/** One input of a model. */
export interface ModelInput {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * A model with other input sizes declared, for files that were exported for one size and compute any. What was declared of
 * the sizes behind the inputs is dropped, so it follows from the graph again. Throws `ONNX_FILE` for bytes that are not a
 * model, `ONNX_INPUT` for an input that the model does not have or a shape of another rank.
 */
export function withInputShapes(
  model: Uint8Array,
  shapes: Readonly<Record<string, readonly number[]>>,
): Uint8Array {
  const parsed = parseModel(model);
  const graph = parsed.graph!;
  for (const [name, shape] of Object.entries(shapes)) {
    const input = graph.input.find((one) => one.name === name);
    const declared = input && dimensionsOf(input);
    if (!declared || declared.dim.length !== shape.length) {
      throw new LoratError(
        "ONNX_INPUT",
        `the model has no input ${name} of ${shape.length} dimensions, its inputs are ${describe(graph.input)}`,
      );
    }
    declared.dim = create(TensorShapeProtoSchema, {
      dim: shape.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } })),
    }).dim;
  }
  graph.valueInfo = [];
  for (const output of graph.output) {
    for (const dimension of dimensionsOf(output)?.dim ?? []) dimension.value = { case: undefined };
  }
  return toBinary(ModelProtoSchema, parsed);
}

/**
 * A model with other outputs: tensors of its graph by name, for files whose intermediate results are wanted. Throws `ONNX_FILE`
 * for bytes that are not a model, `ONNX_OUTPUT` naming the tensors that it does not compute.
 */
export function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const parsed = parseModel(model);
  const graph = parsed.graph!;
  const computed = new Set(graph.node.flatMap(({ output }) => output));
  const missing = names.filter((name) => !computed.has(name));
  if (missing.length > 0)
    throw new LoratError("ONNX_OUTPUT", `the model does not compute ${missing.join(", ")}`);
  graph.output = names.map((name) => create(ValueInfoProtoSchema, { name }));
  return toBinary(ModelProtoSchema, parsed);
}

/** The inputs that a model wants to be fed, with their declared sizes; 0 for a size that is left open. Throws `ONNX_FILE`. */
export function modelInputs(model: Uint8Array): ModelInput[] {
  const graph = parseModel(model).graph!;
  const constants = new Set(graph.initializer.map(({ name }) => name));
  return graph.input
    .filter(({ name }) => !constants.has(name))
    .map((input) => ({
      name: input.name,
      shape: (dimensionsOf(input)?.dim ?? []).map(({ value }) =>
        value.case === "dimValue" ? Number(value.value) : 0,
      ),
    }));
}

function parseModel(bytes: Uint8Array) {
  try {
    const model = fromBinary(ModelProtoSchema, bytes);
    if (model.graph) return model;
  } catch (cause) {
    throw new LoratError("ONNX_FILE", `this is not an ONNX model: ${(cause as Error).message}`, { cause });
  }
  throw new LoratError("ONNX_FILE", "this is not an ONNX model: it holds no graph");
}

function dimensionsOf({ type }: ValueInfoProto) {
  return type?.value.case === "tensorType" ? type.value.value.shape : undefined;
}

function describe(inputs: readonly ValueInfoProto[]): string {
  return (
    inputs.map((input) => `${input.name} (${dimensionsOf(input)?.dim.length ?? 0})`).join(", ") || "none"
  );
}
