import { open } from "node:fs/promises";
import { createRandom } from "@lorat/core/training";
import { bytesPerElement, type FileTensor, type Shape, sizeOf } from "@lorat/graph";

/** Tensors begin at a page, so that a file can be mapped piece by piece. */
const pageBytes = 4096;
/** Random numbers drawn; tensors take them from different places. A prime, so that rows of a matrix differ. */
const poolSize = 1_048_573;
/** Deviation that LoRAT's own new tensors start with. */
const deviation = 0.02;

/** A file of random weights, and where each tensor lies in it. */
export interface WeightsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, FileTensor>;
}

/** Bytes that {@link writeRandomWeights} writes. */
export function weightsFileBytes(shapes: ReadonlyMap<string, Shape>): number {
  let bytes = 0;
  for (const shape of shapes.values()) bytes += padded(sizeOf(shape) * bytesPerElement.float32);
  return bytes;
}

/**
 * Writes weights to measure with, not to track with: float32, norms and scales about one, everything else normal of
 * deviation 0.02. They never stand in memory as a whole, so that the largest network fits.
 */
export async function writeRandomWeights(
  path: string,
  shapes: ReadonlyMap<string, Shape>,
  onProgress: (bytes: number) => void = () => {},
): Promise<WeightsFile> {
  const random = createRandom(7);
  const pool = Float32Array.from({ length: poolSize }, () => random.normal(0, deviation));
  const aroundOne = pool.map((value) => 1 + value);
  const tensors = new Map<string, FileTensor>();
  const file = await open(path, "wx");
  try {
    let offset = 0;
    for (const [name, shape] of shapes) {
      const numbers = /(^|\.)norm\d?\.weight$|\.gamma$/.test(name) ? aroundOne : pool;
      const size = sizeOf(shape);
      let start = random.integer(poolSize);
      for (let done = 0; done < size; ) {
        const part = numbers.subarray(start, Math.min(poolSize, start + size - done));
        const place = offset + done * bytesPerElement.float32;
        await file.write(
          new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
          0,
          part.byteLength,
          place,
        );
        done += part.length;
        start = 0;
      }
      tensors.set(name, { dtype: "float32", shape, file: path, offset });
      offset += padded(size * bytesPerElement.float32);
      onProgress(offset);
    }
  } finally {
    await file.close();
  }
  return { path, tensors };
}

function padded(bytes: number): number {
  return Math.ceil(bytes / pageBytes) * pageBytes;
}
