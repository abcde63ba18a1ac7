import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  add,
  type DType,
  Graph,
  gradient,
  layerNorm,
  linear,
  mul,
  type Placement,
  reachableNodes,
  reduceSum,
  type SerialisedModel,
  serialise,
  slice,
  type Value,
} from "../index.ts";
import { operatorCases } from "../testing/cases/index.ts";
import { differentiate } from "../testing/check.ts";
import { checkModels, findOnnxChecker } from "../testing/onnx-checker.ts";
import { seed } from "../testing/seed.ts";
import { type GraphProto, ModelProtoSchema } from "./generated/onnx_pb.ts";

const folder = mkdtempSync(join(tmpdir(), "lorat-onnx-"));
afterAll(() => rmSync(folder, { recursive: true }));

const withCode = (code: string) => expect.objectContaining({ name: "LoratError", code });

function read({ bytes }: SerialisedModel): GraphProto {
  return fromBinary(ModelProtoSchema, bytes).graph!;
}

const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

function embedded(dtype: DType, data: Uint8Array): Placement {
  return { kind: "embedded", dtype, data };
}

function linearGraph() {
  const graph = new Graph();
  const x = graph.input("x", [2, 3]);
  const weight = graph.parameter("head.weight", [4, 3]);
  return { graph, x, weight, y: linear(x, weight) };
}

describe("ONNX's own checker", () => {
  const checker = findOnnxChecker();
  if (!checker) {
    console.warn(
      "ONNX's checker is skipped: no Python with the onnx package (Debian: apt-get install python3-onnx)",
    );
  }
  // Operators that changed after the set of the oldest checker in use (ONNX 1.12, set 17, Debian 12).
  const newer: Readonly<Record<string, number>> = { Gelu: 20, ReduceMean: 18 };
  const known = (outputs: Iterable<Value>) =>
    reachableNodes(outputs).every(({ operator }) => (newer[operator.type] ?? 0) <= checker!.opset);

  it.skipIf(!checker)(`accepts every operator's graph and gradient (seed ${seed})`, () => {
    const files: string[] = [];
    let left = 0;
    for (const { name, instances } of operatorCases) {
      fc.sample(instances, { seed, numRuns: 3 }).forEach((instance, i) => {
        const { outputs } = differentiate(instance, seed);
        if (!known(Object.values(outputs))) {
          left++;
          return;
        }
        const file = join(folder, `${name.replaceAll(/\W+/g, "-")}-${i}.onnx`);
        writeFileSync(file, serialise(outputs).bytes);
        files.push(file);
      });
    }
    console.info(
      `onnx ${checker!.version}: ${files.length} models checked, ${left} need a newer operator set`,
    );
    expect(files.length).toBeGreaterThan(operatorCases.length);
    expect(checkModels(checker!, files)).toEqual([]);
  });

  it.skipIf(!checker)(
    "accepts weights embedded, external and in half precision, and outputs that are inputs",
    () => {
      const { graph, x, y, weight } = linearGraph();
      const file = join(folder, "placed.onnx");
      const half = graph.parameter("half", [4]);
      const external = graph.parameter("external", [4]);
      const model = serialise({ y: add(mul(y, half), external), same: x, weight }, (parameter) => {
        if (parameter.name === "half") return embedded("float16", new Uint8Array(8));
        if (parameter.name === "head.weight") return embedded("float32", new Uint8Array(48));
        return { kind: "external", dtype: "float32", location: "weights.bin", offset: 16, length: 16 };
      });
      writeFileSync(file, model.bytes);
      writeFileSync(join(folder, "weights.bin"), new Uint8Array(32));
      expect(checkModels(checker!, [file])).toEqual([]);
    },
  );

  it.skipIf(!checker)("refuses what is wrong: the checks above can fail", () => {
    const graph = new Graph();
    const x = graph.input("x", [2, 3]);
    const wrongShape = graph.apply({ type: "Neg", infer: () => [{ dtype: "float32", shape: [3, 2] }] }, [
      x,
    ])[0]!;
    const noOperator = graph.apply({ type: "Nag", infer: () => [{ dtype: "float32", shape: [2, 3] }] }, [
      x,
    ])[0]!;
    const files = [wrongShape, noOperator].map((y, i) => {
      const file = join(folder, `wrong-${i}.onnx`);
      writeFileSync(file, serialise({ y }).bytes);
      return file;
    });
    expect(checkModels(checker!, files)).toHaveLength(2);
  });
});

describe("a serialised graph", () => {
  it("takes parameters as inputs, or with their data inside", () => {
    const { y } = linearGraph();
    const fed = serialise({ y });
    expect(names(fed.inputs)).toEqual(["head.weight", "x"]);
    expect(names(read(fed).initializer)).toEqual([]);

    const data = new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i).buffer);
    const constant = serialise({ y }, () => embedded("float32", data));
    expect(names(constant.inputs)).toEqual(["x"]);
    const [initializer] = read(constant).initializer;
    expect(initializer).toMatchObject({ name: "head.weight", dataType: 1, dims: [4n, 3n] });
    expect(initializer!.rawData).toEqual(data);
  });

  it("points to external data by file, offset and length, and carries none of it", () => {
    const { y } = linearGraph();
    const model = serialise({ y }, () => ({
      kind: "external",
      dtype: "float32",
      location: "model.safetensors",
      offset: 128,
      length: 48,
    }));
    const [initializer] = read(model).initializer;
    expect(initializer!.dataLocation).toBe(1);
    expect(initializer!.rawData).toHaveLength(0);
    expect(initializer!.externalData.map(({ key, value }) => [key, value])).toEqual([
      ["location", "model.safetensors"],
      ["offset", "128"],
      ["length", "48"],
    ]);
  });

  it("casts a weight stored in half precision, and keeps the stored name apart", () => {
    const { y } = linearGraph();
    const graph = read(serialise({ y }, () => embedded("float16", new Uint8Array(24))));
    expect(graph.initializer[0]).toMatchObject({ name: "head.weight@float16", dataType: 10 });
    expect(graph.node[0]).toMatchObject({
      opType: "Cast",
      input: ["head.weight@float16"],
      output: ["head.weight"],
    });
    expect(graph.node[0]!.attribute[0]).toMatchObject({ name: "to", i: 1n });
  });

  it("holds equal small constants once", () => {
    const graph = new Graph();
    const x = graph.input("x", [2, 6]);
    const parts = [slice(x, 0, 2, 1), slice(x, 0, 2, 0), slice(x, 2, 4, 1)];
    const y = parts.map((part) => mul(part, 2)).map((part) => reduceSum(add(part, 2)));
    const { initializer } = read(serialise(Object.fromEntries(y.map((value, i) => [`y${i}`, value]))));
    const contents = initializer.map(({ dataType, dims, rawData }) => `${dataType} [${dims}] ${rawData}`);
    expect(new Set(contents).size).toBe(contents.length);
    expect(new Set(names(initializer)).size).toBe(initializer.length);
  });

  it("names outputs as asked, also when one value is asked for twice or is an input", () => {
    const { x, weight, y } = linearGraph();
    const model = serialise({ y, again: y, input: x, weight });
    const graph = read(model);
    expect(model.outputNames).toEqual(["y", "again", "input", "weight"]);
    expect(names(graph.output)).toEqual(["y", "again", "input", "weight"]);
    const identities = graph.node.filter(({ opType }) => opType === "Identity");
    expect(identities.map(({ input, output }) => [input[0], output[0]])).toEqual([
      ["y", "again"],
      ["x", "input"],
      ["head.weight", "weight"],
    ]);
    const produced = graph.node.flatMap(({ output }) => output);
    expect(new Set(produced).size).toBe(produced.length);
  });

  it("GRAPH_NAME: an output named as an input, a weight, or another value", () => {
    const { x, y } = linearGraph();
    expect(() => serialise({ x: y })).toThrow(withCode("GRAPH_NAME"));
    expect(() => serialise({ x })).toThrow(withCode("GRAPH_NAME"));
    expect(() => serialise({ "head.weight": y })).toThrow(withCode("GRAPH_NAME"));
  });

  it("leaves out what no output needs", () => {
    const { graph, x, y } = linearGraph();
    linear(x, graph.parameter("unread", [5, 3]));
    graph.input("unfed", [1]);
    const model = serialise({ y });
    expect(names(model.inputs)).toEqual(["head.weight", "x"]);
    expect(read(model).node.map(({ opType }) => opType)).toEqual(["Transpose", "MatMul"]);
  });

  it("writes LayerNormalization's statistics only where a gradient reads them", () => {
    const graph = new Graph();
    const [x, scale, bias] = [graph.input("x", [2, 4]), graph.parameter("s", [4]), graph.parameter("b", [4])];
    const y = layerNorm(x, scale, bias, 1e-6);
    const norm = (model: SerialisedModel) =>
      read(model).node.find(({ opType }) => opType === "LayerNormalization")!;
    expect(norm(serialise({ y })).output).toHaveLength(1);
    expect(norm(serialise({ y })).attribute).toMatchObject([
      { name: "axis", type: 2, i: -1n },
      { name: "epsilon", type: 1, f: Math.fround(1e-6) },
    ]);
    expect(norm(serialise({ ds: gradient(reduceSum(y), [scale])[0]! })).output).toHaveLength(3);
  });

  it("ONNX_TOO_LARGE: more than protobuf's 2 GB inside, while external data may be larger", () => {
    const graph = new Graph();
    const size = 50_000_000;
    const sum = Array.from({ length: 11 }, (_, i) => graph.parameter(`w${i}`, [size])).reduce(add);
    // The same 200 MB of untouched zeros for each of the eleven.
    const data = new Uint8Array(4 * size);
    expect(() => serialise({ sum }, () => embedded("float32", data))).toThrow(withCode("ONNX_TOO_LARGE"));
    const external: Placement = {
      kind: "external",
      dtype: "float32",
      location: "w.bin",
      offset: 0,
      length: 4 * size,
    };
    expect(serialise({ sum }, () => external).bytes.byteLength).toBeLessThan(10_000);
  });
});
