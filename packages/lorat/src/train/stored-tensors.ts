import { decodeFloat32, elementCount, type FileSource, fileSource } from "@lorat/core/weights";
import { bytesPerElement, float32, type StoredTensor, type Tensor } from "@lorat/graph";

/** Reads stored tensors as float32; files stay open until it is disposed of. */
export interface TensorReader {
  /** Elements `[begin, end)`, all by default, in an array of the caller's own. */
  numbers(tensor: StoredTensor, begin?: number, end?: number): Promise<Float32Array>;
  /** The whole tensor in memory. */
  tensor(tensor: StoredTensor): Promise<Tensor<"float32">>;
  dispose(): Promise<void>;
}

/** Makes a {@link TensorReader}; reading throws what {@link fileSource} throws. */
export function tensorReader(): TensorReader {
  const sources = new Map<string, Promise<FileSource>>();
  const numbers = async (stored: StoredTensor, begin = 0, end = elementCount(stored.shape)) => {
    const size = bytesPerElement[stored.dtype];
    const dtype = stored.dtype === "float16" ? "F16" : "F32";
    if (!("file" in stored)) {
      if (stored.dtype === "float32") return (stored as Tensor<"float32">).data.slice(begin, end);
      const { buffer, byteOffset } = stored.data;
      return decodeFloat32(dtype, new Uint8Array(buffer, byteOffset + begin * size, (end - begin) * size));
    }
    const source = sources.get(stored.file) ?? fileSource(stored.file);
    sources.set(stored.file, source);
    return decodeFloat32(
      dtype,
      await (await source).read(stored.offset + begin * size, (end - begin) * size),
    );
  };
  return {
    numbers,
    tensor: async (stored) => float32(await numbers(stored), stored.shape),
    async dispose() {
      const open = [...sources.values()];
      sources.clear();
      await Promise.all(open.map(async (source) => (await source).dispose()));
    },
  };
}
