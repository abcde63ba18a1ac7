import {
  bytesPerElement,
  LoratError,
  type StoredTensor,
  sameShape,
  sizeOf,
  type Weights,
} from "@lorat/graph";
import type { MergedRows, Parameter } from "../model/parameters.ts";

/** A parameter to be found in a base. */
type Wanted = Pick<Parameter, "name" | "shape" | "role">;

/**
 * Finds the parameters of a network in training in a base: under their own names, at their places in merged weights, or at what
 * their roles name beside that (specification sections 1.6 and 2.2). Rows are views: nothing is read or copied.
 * The result has no parameters that the base lacks, and none of another shape outside the backbone (the token types of an
 * ablation, a head of another kind).
 *
 * Throws `BASE_SHAPE` where a tensor of the backbone has another shape: the base is of another variant.
 */
export function baseTensors(parameters: Iterable<Wanted>, base: Weights): Map<string, StoredTensor> {
  const found = new Map<string, StoredTensor>();
  const issues: string[] = [];
  for (const parameter of parameters) {
    const { name, shape, role } = parameter;
    const tensor = baseTensor(parameter, base);
    if (!tensor) continue;
    if (sameShape(tensor.shape, shape)) found.set(name, tensor);
    else if (role.part === "backbone") {
      issues.push(`${name}: [${shape}] is needed, the base has [${tensor.shape}]`);
    }
  }
  if (issues.length > 0) {
    throw new LoratError("BASE_SHAPE", `the base is of another variant: ${issues[0]}`, {
      hint: "convert the base for the variant that is to be trained",
      issues,
    });
  }
  return found;
}

function baseTensor({ name, shape, role }: Wanted, base: Weights): StoredTensor | undefined {
  const own = base.get(name);
  if (own) return own;
  const { merged } = role;
  const stacked = merged && base.get(merged.name);
  if (stacked) return rowsOf(stacked, merged, shape[0] ?? 1);
  return role.base === undefined ? undefined : base.get(role.base);
}

/** As many rows of a tensor as `rows` are of `of`, from `row` on. */
function rowsOf(tensor: StoredTensor, { row, of }: MergedRows, rows: number): StoredTensor {
  if (rows === of) return tensor;
  const inAll = tensor.shape[0]!;
  const shape = [(inAll * rows) / of, ...tensor.shape.slice(1)];
  const start = ((inAll * row) / of) * sizeOf(shape.slice(1));
  if ("file" in tensor) {
    return { ...tensor, shape, offset: tensor.offset + start * bytesPerElement[tensor.dtype] };
  }
  const { dtype, data } = tensor;
  return { dtype, shape, data: data.subarray(start, start + sizeOf(shape)) } as StoredTensor;
}
