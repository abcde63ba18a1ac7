import { type ConcreteDevice, cast, float32, Graph, matmul, Session } from "@lorat/graph";

/**
 * Whether a device computes in half precision: a small product tells, for WebGPU has it as an option. The CPU counts as
 * one that does not, as in the reference: it would compute in single precision and round.
 */
export async function hasHalfPrecision(device: ConcreteDevice): Promise<boolean> {
  if (device === "cpu" || device === "wasm") return false;
  const graph = new Graph();
  const half = cast(graph.input("x", [2, 2]), "float16");
  const session = await Session.create({ y: cast(matmul(half, half), "float32") }, { device });
  try {
    const { y } = await session.compute({ x: float32([1, 0, 0, 2], [2, 2]) });
    return y!.data[3] === 4;
  } catch {
    return false;
  } finally {
    await session.dispose();
  }
}
