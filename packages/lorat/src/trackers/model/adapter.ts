import { createHash } from "node:crypto";
import { parametersOf } from "@lorat/core/model";
import {
  type ByteSource,
  configOfWeights,
  fileSource,
  type ModelFolder,
  mergedTensor,
  openSafetensors,
  planMerge,
  profileWeights,
  stateDictOf,
  validateWeights,
} from "@lorat/core/weights";
import { float32, LoratError, type StoredTensor, type Tensor } from "@lorat/graph";
import { writeOutput } from "../../files/pending-file.ts";
import { tensorsToWrite, writeTensorFile } from "../../files/tensor-file.ts";
import { sessionProduct } from "./session-product.ts";

/** Metadata of an adapter file. */
interface AdapterFacts {
  /** Name of the model that it was made for, for messages. */
  readonly base: string;
  /** {@link weightsFingerprint} of that model's weights. */
  readonly baseFingerprint: string;
  readonly notes?: string;
}

/** Bytes read at each place for a fingerprint, and the number of places. */
const SAMPLE_BYTES = 2 ** 16;
const SAMPLES = 16;

/** Tells weight files apart without reading all of a large one: their length and samples from one end to the other. */
export async function weightsFingerprint(source: ByteSource): Promise<string> {
  const hash = createHash("sha256").update(`${source.size}`);
  const length = Math.min(SAMPLE_BYTES, source.size);
  for (let i = 0; i < SAMPLES; i++) {
    hash.update(await source.read(Math.floor(((source.size - length) * i) / (SAMPLES - 1)), length));
  }
  return hash.digest("hex");
}

/**
 * Writes an adapter: what was trained, under the reference's names (specification section 2.3), written beside and renamed.
 * Throws what the file system throws; nothing half-written stays.
 */
export async function writeAdapter(
  path: string,
  tensors: ReadonlyMap<string, Tensor<"float32">>,
  facts: AdapterFacts,
): Promise<void> {
  const metadata: Record<string, string> = {
    format: "lorat-adapter",
    base: facts.base,
    base_fingerprint: facts.baseFingerprint,
    ...(facts.notes !== undefined && { notes: facts.notes }),
  };
  await writeOutput(path, { force: true }, (partial) =>
    writeTensorFile(partial, tensorsToWrite(tensors), metadata),
  );
}

/**
 * The weights of a model with an adapter merged in: what the adapter does not touch stays where it is, the rest is in memory.
 *
 * @param base the model's opened folder, its bytes, and where each of its tensors is stored.
 * Throws `ADAPTER_BASE` for an adapter of another model, `WEIGHTS_NAMES` and `WEIGHTS_SHAPE` for tensors that do not fit, and
 * what the readers of weights throw.
 */
export async function mergeAdapter(
  path: string,
  base: {
    readonly folder: ModelFolder;
    readonly source: ByteSource;
    readonly stored: ReadonlyMap<string, StoredTensor>;
  },
): Promise<Map<string, StoredTensor>> {
  const source = await fileSource(path);
  const product = sessionProduct();
  try {
    const trained = await openSafetensors(source);
    const wanted = trained.metadata.get("base_fingerprint");
    if (wanted !== undefined && wanted !== (await weightsFingerprint(base.source))) {
      throw new LoratError(
        "ADAPTER_BASE",
        `${path} was made for other weights: ${trained.metadata.get("base") ?? "unknown"}`,
        { hint: "use it with the model that it was made from, or fine-tune again" },
      );
    }
    const { variant } = base.folder.manifest;
    const tensors = stateDictOf(trained.entries.values());
    const profile = profileWeights(tensors, path);
    validateWeights(tensors, profile, variant, path);
    const weights = new Map(base.stored);
    const plan = await planMerge(
      parametersOf(configOfWeights(profile, variant)),
      trained,
      base.folder.weights,
    );
    for (const tensor of plan) {
      const touched = tensor.parts.some(({ file, fold }) => fold || file === trained);
      if (!touched) continue;
      weights.set(tensor.name, float32(await mergedTensor(tensor, product), tensor.shape));
    }
    return weights;
  } finally {
    await Promise.all([product.dispose(), source.dispose()]);
  }
}
