import { open } from "node:fs/promises";
import { type TensorToWrite, writeSafetensors } from "@lorat/core/weights";
import { bytesOf, type Tensor } from "@lorat/graph";

/**
 * Writes tensors as a safetensors file, piece by piece, and brings it to the disk; gives its length. Not atomic by itself: `path` is
 * the partial name of an output. `onBytes` is told of every piece before it is written, and may throw to stop.
 */
export async function writeTensorFile(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
  onBytes?: (count: number) => void,
): Promise<number> {
  const file = await open(path, "w");
  try {
    const write = async (bytes: Uint8Array) => {
      onBytes?.(bytes.byteLength);
      await file.writeFile(bytes);
    };
    const length = await writeSafetensors(tensors, metadata, { write });
    await file.sync();
    return length;
  } finally {
    await file.close();
  }
}

/** Tensors by their names, as {@link writeTensorFile} takes them. */
export function tensorsToWrite(tensors: Iterable<readonly [string, Tensor<"float32">]>): TensorToWrite[] {
  return Array.from(tensors, ([name, tensor]) => {
    return { name, dtype: "F32", shape: tensor.shape, data: bytesOf(tensor) };
  });
}
