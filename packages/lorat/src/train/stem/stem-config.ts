import { access } from "node:fs/promises";
import { join } from "node:path";
import { stemSettingsSchema } from "@lorat/core/training";
import { LoratError } from "@lorat/graph";
import { z } from "zod";
import { loadConfig } from "../../runs/config/load.ts";
import { runFiles } from "../../runs/run-config.ts";
import { type DataRoots, dataRootsSchema } from "../../sampling/data-manifest.ts";

const text = z.string().min(1);

/** Schema of the configuration of a stem's training. */
const stemRunSchema = z.strictObject({
  ...stemSettingsSchema.shape,
  name: text,
  seed: z.int().min(0),
  /** The teacher's ONNX file. */
  teacher: text,
  /** A stem's file, or a bundled model, to go on from; default: none. */
  base: text.optional(),
  data: dataRootsSchema,
});

/** Everything that decides a stem's training; plain data, kept in the run's folder. */
export type StemRunConfig = Readonly<z.infer<typeof stemRunSchema>>;

/** What may be chosen beside teacher and data. */
interface StemConfigOptions {
  readonly steps?: number | undefined;
  readonly seed?: number | undefined;
  /** See {@link StemRunConfig.base}. */
  readonly base?: string | undefined;
}

/**
 * Batches of 24 crops, the first half of the updates block by block. The bundled model's stem was begun so, and its run was
 * shortened to 5,000 updates, 2,200 of them block by block (`docs/log.md`).
 */
export function stemConfig(
  teacher: string,
  data: DataRoots,
  { steps = 8000, seed = 1, base }: StemConfigOptions = {},
): StemRunConfig {
  return {
    name: "stem",
    seed,
    teacher,
    base,
    data,
    batchSize: 24,
    sidePx: 128,
    steps,
    stepsAlone: base === undefined ? Math.floor(steps / 2) : 0,
    optimizer: {
      learningRate: 6e-3,
      warmupSteps: Math.min(100, steps),
      warmupLearningRate: 1e-5,
      minLearningRate: 1e-5,
      weightDecay: 1e-4,
      maxGradNorm: 10,
    },
  };
}

/** The configuration that a stem's training was started with. Throws `RUN_NOTHING_TO_RESUME`, and what `loadRunConfig` throws. */
export async function recordedStemConfig(folder: string): Promise<StemRunConfig> {
  const path = join(folder, runFiles.config);
  await access(path).catch((cause) => {
    throw new LoratError("RUN_NOTHING_TO_RESUME", `${folder} holds no run`, { cause });
  });
  return loadConfig(stemRunSchema, path);
}
