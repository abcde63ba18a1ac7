/** A tensor of the reference interpreter: float64 whatever the graph's element type, row-major. */
export interface Tensor64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A tensor whose element at each index is `at(index)`; `index` is reused between calls. */
export function tensor64(shape: readonly number[], at: (index: readonly number[]) => number): Tensor64 {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = new Float64Array(size);
  const index = shape.map(() => 0);
  for (let i = 0; i < size; i++) {
    data[i] = at(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** The element at an index of the tensor's own rank. */
export function read(tensor: Tensor64, index: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < tensor.shape.length; axis++) offset = offset * tensor.shape[axis]! + index[axis]!;
  return tensor.data[offset]!;
}

/** The element that broadcasting shows at an index of the same or a higher rank. */
export function readBroadcast(tensor: Tensor64, index: readonly number[]): number {
  const lead = index.length - tensor.shape.length;
  let offset = 0;
  for (let axis = 0; axis < tensor.shape.length; axis++) {
    const dim = tensor.shape[axis]!;
    offset = offset * dim + (dim === 1 ? 0 : index[lead + axis]!);
  }
  return tensor.data[offset]!;
}

/** The shape that several operands broadcast to (numpy's rule, as ONNX defines it). */
export function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const dims = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const dim = dims.find((d) => d !== 1) ?? 1;
    if (dims.some((d) => d !== 1 && d !== dim)) throw new Error(`no broadcast of ${JSON.stringify(shapes)}`);
    return dim;
  });
}

/** The numbers of an integer operand: axes, sizes, pads. */
export function integers(tensor: Tensor64): number[] {
  return Array.from(tensor.data);
}
