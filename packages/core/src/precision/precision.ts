import { type ConcreteDevice, cast, float32, Graph, LoratError, matmul, Session } from "@lorat/graph";

/** The numbers that a network computes in, from exact to coarse. */
export const precisions = ["fp32", "fp16", "int8"] as const;

/**
 * `fp32`: single precision. `fp16`: products and convolutions in half, norms, softmax and sums in single. `int8`: linear
 * layers in 8 bits, the rest in single.
 */
export type Precision = (typeof precisions)[number];

/**
 * Makes sure that a device computes in a precision: `fp16` needs a GPU with half precision, `int8` a CPU. Throws
 * `PRECISION_UNKNOWN`, and `PRECISION_UNAVAILABLE` with the nearest that works there.
 */
export async function requirePrecision(precision: Precision, device: ConcreteDevice): Promise<void> {
  if (!precisions.includes(precision)) {
    throw new LoratError("PRECISION_UNKNOWN", `there is no precision "${precision}"`, {
      hint: `choose one of ${precisions.join(", ")}`,
    });
  }
  if (await computesIn(precision, device)) return;
  const nearest = precision === "int8" && (await computesIn("fp16", device)) ? "fp16" : "fp32";
  throw new LoratError("PRECISION_UNAVAILABLE", `the device "${device}" does not compute in ${precision}`, {
    hint: `the nearest that it does is ${nearest}`,
  });
}

async function computesIn(precision: Precision, device: ConcreteDevice): Promise<boolean> {
  if (precision === "fp16") return hasHalfPrecision(device).catch(() => false); // refused before it could be tried
  if (precision === "int8") return device === "cpu" || device === "wasm";
  return true;
}

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
