import type { Parameter } from "../model/parameters.ts";

/** A parameter that training changes. */
export type TrainableTensor = Pick<Parameter, "name" | "shape" | "role">;

/** Tensors that share a base learning rate and a weight decay. */
export interface ParameterGroup {
  readonly weightDecay: number;
  readonly baseLr: number;
  /** In the order in which the tensors were given. */
  readonly names: readonly string[];
}

/** Layer-wise decay of the learning rate, used by full fine-tuning. */
export interface LayerDecay {
  /** Factor per layer: 0.7 for S and B, 0.8 for L, 0.9 for g. */
  readonly rate: number;
  /** Number of blocks of the backbone. */
  readonly depth: number;
}

/** Base values of the optimiser. */
export interface GroupOptions {
  /** Default: 1e-4. */
  readonly baseLr?: number;
  /** Default: 0.1. */
  readonly weightDecay?: number;
  readonly layerDecay?: LayerDecay;
}

/**
 * Sorts the trainable parameters into AdamW's groups, without empty ones.
 *
 * Decay falls on matrices only: a tensor whose shape without its ones has less than two sides gets none (so the (1, D)
 * weight of the classifier gets none, and norms, biases and scales do not either), and neither does an embedding.
 * Order: [decayed rest], with layer decay [block n - 1 decayed, plain, ..., block 0, patch embedding], [plain rest],
 * [embeddings]. Source: specification 3.6, 3.7.
 */
export function parameterGroups(
  tensors: readonly TrainableTensor[],
  { baseLr = 1e-4, weightDecay = 0.1, layerDecay }: GroupOptions = {},
): ParameterGroup[] {
  const group = (members: readonly TrainableTensor[], decay: number, lr = baseLr): ParameterGroup => ({
    weightDecay: decay,
    baseLr: lr,
    names: members.map(({ name }) => name),
  });
  const isLayered = ({ role }: TrainableTensor) => layerDecay !== undefined && role.layer !== undefined;
  const layers = layersFromLast(layerDecay).flatMap(({ layer, lrFactor }) => {
    const members = tensors.filter(({ role }) => role.layer === layer);
    const lr = baseLr * lrFactor;
    return [
      group(members.filter(isMatrix), weightDecay, lr),
      group(
        members.filter((member) => !isMatrix(member)),
        0,
        lr,
      ),
    ];
  });
  const rest = tensors.filter((tensor) => !isLayered(tensor));
  const embeddings = rest.filter(({ role }) => role.embeds);
  const others = rest.filter(({ role }) => !role.embeds);
  return [
    group(others.filter(isMatrix), weightDecay),
    ...layers,
    group(
      others.filter((tensor) => !isMatrix(tensor)),
      0,
    ),
    group(embeddings, 0),
  ].filter(({ names }) => names.length > 0);
}

/** Layers from the last block down to the patch embedding, each a further `rate` slower. */
function layersFromLast(decay: LayerDecay | undefined): { layer: number; lrFactor: number }[] {
  if (!decay) return [];
  const { rate, depth } = decay;
  return Array.from({ length: depth + 1 }, (_, i) => ({ layer: depth - i, lrFactor: rate ** (i + 1) }));
}

function isMatrix({ shape }: TrainableTensor): boolean {
  return shape.filter((side) => side !== 1).length > 1;
}
