import { open } from "node:fs/promises";
import { type TensorToWrite, writeSafetensors } from "@lorat/core";

/** Writes tensors into a new safetensors file and brings it to the disk; gives its bytes. Throws what the system reports. */
export async function writeTensorFile(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Promise<number> {
  const file = await open(path, "w");
  try {
    const bytes = await writeSafetensors(tensors, metadata, { write: (piece) => file.writeFile(piece) });
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}
