import { initialWeights, parametersOf, resizePositions } from "@lorat/core/model";
import { baseTensors, createRandom } from "@lorat/core/training";
import { float32, type StoredTensor, type Value } from "@lorat/graph";
import type { RunConfig } from "../runs/run-config.ts";
import { openBase, requireSameSizes } from "./base-model.ts";
import { stemWeights } from "./stem/stem-file.ts";
import { type TensorReader, tensorReader } from "./stored-tensors.ts";

/** What decides a network's parameters before its first update. */
export type StartingPoint = Pick<
  RunConfig,
  "model" | "initialisation" | "base" | "stem" | "baseParts" | "seed"
>;

/**
 * Every parameter of a network before its first update, under its name in training. What the base holds is taken from
 * there: frozen tensors stay in its file, as views where the fused layer is split, trainable ones are read to memory. The
 * rest is drawn from the seed. Those that are `known` from elsewhere are left out. Throws what {@link openBase} throws,
 * `BASE_VARIANT`, `BASE_SHAPE`.
 */
export async function startingWeights(
  start: StartingPoint,
  known: { has(name: string): boolean } = new Set(),
): Promise<Map<string, StoredTensor>> {
  const { model, initialisation, seed } = start;
  const parameters = parametersOf(model, { training: true });
  const random = createRandom(seed);
  const stem =
    start.stem === undefined ? new Map<string, StoredTensor>() : await stemWeights(start.stem, parameters);
  if (start.base === undefined) {
    const drawn = initialWeights(parameters, random, initialisation);
    return new Map([...drawn, ...stem].filter(([name]) => !known.has(name)));
  }
  const base = await openBase(start.base);
  requireSameSizes(base, model.variant);
  const reader = tensorReader();
  try {
    const wanted = parameters.filter(({ name }) => !known.has(name));
    const found = baseTensors(wanted, new Map([...base.weights, ...stem]));
    if (start.baseParts === "backbone") {
      for (const { name, role } of wanted) if (role.part !== "backbone") found.delete(name);
    }
    const positions = wanted.find(({ name }) => name === "z_pos_embed");
    if (positions && !found.has("z_pos_embed")) {
      found.set(
        "z_pos_embed",
        await templatePositions(positions, base.weights.get("pos_embed")!, start, reader),
      );
    }
    const missing = wanted.filter(({ name }) => !found.has(name));
    const drawn = initialWeights(missing, random, initialisation);
    const weights = new Map<string, StoredTensor>();
    for (const { name, role } of wanted) {
      const tensor = found.get(name) ?? drawn.get(name)!;
      weights.set(name, role.trains ? await reader.tensor(tensor) : tensor);
    }
    return weights;
  } finally {
    await reader.dispose();
  }
}

/** A template position table of its own, resized from the base's, which is on the search grid. */
async function templatePositions(
  wanted: Value,
  table: StoredTensor,
  { model: { variant } }: StartingPoint,
  reader: TensorReader,
): Promise<StoredTensor> {
  const square = (side: number) => ({ width: side, height: side });
  const from = await reader.numbers(table);
  const resized = resizePositions(
    from,
    variant.dim,
    square(variant.searchGrid),
    square(variant.templateGrid),
  );
  return float32(resized, wanted.shape);
}
