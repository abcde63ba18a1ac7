import { Graph, type Value } from "../graph.ts";
import type { ConcreteDevice } from "../session/runtime.ts";
import { Session } from "../session/session.ts";
import { matmulInteger } from "./operators.ts";

/** How weights are written in 8 bits: the numbers are the same, the level of the number 0 is not. */
export type WeightLevels = "int8" | "uint8";

/** Levels lie this far from the level of 0 at most. */
export const largestLevel = 127;

/** The level of the number 0. */
export const zeroOf: Readonly<Record<WeightLevels, number>> = { int8: 0, uint8: 128 };

/** {@link zeroOf} in a graph. */
export function zeroLevel(graph: Graph, levels: WeightLevels): Value {
  const data = levels === "int8" ? Int8Array.of(zeroOf.int8) : Uint8Array.of(zeroOf.uint8);
  return graph.constant({ dtype: levels, shape: [], data });
}

const chosen = new Map<ConcreteDevice, Promise<WeightLevels>>();

/**
 * The levels that a device multiplies correctly, the faster ones if it does both. int8 weights are twice as fast where a
 * processor has dot products of 8 bits; without them ONNX Runtime adds two products in 16 bits, which overflow silently.
 */
export function weightLevelsFor(device: ConcreteDevice): Promise<WeightLevels> {
  const known = chosen.get(device) ?? overflows(device).then((does) => (does ? "uint8" : "int8"));
  chosen.set(device, known);
  return known;
}

/** Whether a product of the largest levels comes out wrong. */
async function overflows(device: ConcreteDevice): Promise<boolean> {
  const [rows, inner, columns] = [8, 64, 32];
  const graph = new Graph();
  const zero = graph.constant({ dtype: "uint8", shape: [], data: Uint8Array.of(0) });
  const data = new Int8Array(inner * columns).fill(largestLevel);
  const weight = graph.constant({ dtype: "int8", shape: [inner, columns], data });
  const levels = graph.input("levels", [rows, inner], "uint8");
  const y = matmulInteger({ levels, zero }, { levels: weight, zero: zeroLevel(graph, "int8") });
  const session = await Session.create({ y }, { device, threads: 1 });
  try {
    const fed = {
      dtype: "uint8",
      shape: [rows, inner],
      data: new Uint8Array(rows * inner).fill(255),
    } as const;
    const result = await session.compute({ levels: fed });
    return result.y!.data.some((sum: number | bigint) => Number(sum) !== inner * 255 * largestLevel);
  } finally {
    await session.dispose();
  }
}
