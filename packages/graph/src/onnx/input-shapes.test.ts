import { describe, expect, it } from "vitest";
import { add, Graph, relu, Session, serialise } from "../index.ts";
import { modelInputs, withInputShapes } from "./input-shapes.ts";

/** relu(image + image) of a fixed size. */
function model(): Uint8Array {
  const graph = new Graph();
  const image = graph.input("image", [1, 2, 2]);
  return serialise({ doubled: relu(add(image, image)) }, () => ({ kind: "input" })).bytes;
}

describe("a model's input sizes", () => {
  it("are declared anew and the rest follows", async () => {
    expect(modelInputs(model())).toEqual([{ name: "image", shape: [1, 2, 2] }]);
    const wider = withInputShapes(model(), { image: [1, 2, 3] });
    expect(modelInputs(wider)).toEqual([{ name: "image", shape: [1, 2, 3] }]);
    const session = await Session.fromModel(wider, { device: "cpu" });
    expect([...session.inputs.keys()]).toEqual(["image"]);
    expect(session.outputNames).toEqual(["doubled"]);
    const data = Float32Array.of(1, -2, 3, -4, 5, -6);
    const { doubled } = await session.run({ image: { dtype: "float32", shape: [1, 2, 3], data } });
    expect(doubled).toEqual({
      dtype: "float32",
      shape: [1, 2, 3],
      data: Float32Array.of(2, 0, 6, 0, 10, 0),
    });
    await expect(session.run({})).rejects.toMatchObject({ code: "SESSION_FEED" });
    const narrow = { dtype: "float32", shape: [1, 2, 2], data: new Float32Array(4) } as const;
    await expect(session.run({ image: narrow })).rejects.toMatchObject({ code: "SESSION_FEED" });
    await session.dispose();
  });

  it("are refused for other inputs, ranks and files", async () => {
    const wrong: Record<string, number[]>[] = [{ picture: [1, 2, 3] }, { image: [2, 3] }];
    for (const shapes of wrong) {
      expect(() => withInputShapes(model(), shapes)).toThrow(
        expect.objectContaining({ code: "ONNX_INPUT", message: expect.stringContaining("image (3)") }),
      );
    }
    for (const bytes of [new Uint8Array(0), Uint8Array.of(255, 1, 2), new TextEncoder().encode("no model")]) {
      expect(() => modelInputs(bytes)).toThrow(expect.objectContaining({ code: "ONNX_FILE" }));
    }
    await expect(Session.fromModel(Uint8Array.of(1, 2, 3), { device: "cpu" })).rejects.toMatchObject({
      code: "SESSION_CREATE",
    });
  });
});
