import {
  bytesPerElement,
  LoratError,
  type StoredTensor,
  sameShape,
  sizeOf,
  type Value,
  type Weights,
} from "@lorat/graph";

/**
 * Where a network in training finds its parameters in a base under inference names: linear layers without the level
 * `linear.`, query, key and value as rows of the fused layer (specification sections 1.6 and 2.2), a search position table
 * of its own from the shared one. Rows are views: nothing is read or copied. Parameters that the base lacks are left out,
 * and so are those of another shape outside the backbone (the token types of an ablation, a head of another kind).
 *
 * Throws `BASE_SHAPE` where a tensor of the backbone has another shape: the base is of another variant.
 */
export function baseTensors(parameters: Iterable<Value>, base: Weights): Map<string, StoredTensor> {
  const found = new Map<string, StoredTensor>();
  const issues: string[] = [];
  for (const { name, shape } of parameters) {
    const tensor = baseTensor(name, base);
    if (!tensor) continue;
    if (sameShape(tensor.shape, shape)) found.set(name, tensor);
    else if (!/^(head\.|token_type_embed$)/.test(name)) {
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

function baseTensor(name: string, base: Weights): StoredTensor | undefined {
  const own = base.get(name);
  if (own) return own;
  if (name === "x_pos_embed") return base.get("pos_embed");
  const plain = name.replace(".linear.", ".");
  const part = /^(.*\.attn\.qkv)\.([qkv])\.(weight|bias)$/.exec(plain);
  if (!part) return base.get(plain);
  const fused = base.get(`${part[1]}.${part[3]}`);
  return fused && third(fused, "qkv".indexOf(part[2]!));
}

/** Rows of one of the three layers that a fused one is made of. */
function third(fused: StoredTensor, index: number): StoredTensor {
  const shape = [fused.shape[0]! / 3, ...fused.shape.slice(1)];
  const size = sizeOf(shape);
  if ("file" in fused) {
    return { ...fused, shape, offset: fused.offset + index * size * bytesPerElement[fused.dtype] };
  }
  const { dtype, data } = fused;
  return { dtype, shape, data: data.subarray(index * size, (index + 1) * size) } as StoredTensor;
}
