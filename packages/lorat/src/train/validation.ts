import {
  batchFeeds,
  evaluationStep,
  type LossTerms,
  lossTerms,
  meanTerms,
  type TrainingEngine,
} from "@lorat/core/training";
import { Session } from "@lorat/graph";
import type { RunConfig } from "../runs/run-config.ts";
import { type RunData, runLoader } from "./run-data.ts";

/** Mean losses over held-out pairs. */
interface ValidationResult extends LossTerms {
  /** The same of the averaged weights, where an average is kept. */
  readonly average?: LossTerms;
}

/** Keeps the held-out pairs' draws apart from the training's. */
const seedShift = 0x56414c;

/**
 * Mean losses over the configuration's held-out pairs (`data` opened), whole batches of them, the same pairs every time: of the network as
 * it is, without drop path, and of its averaged weights. Sessions and loader live as long as the call. Throws what they
 * throw.
 */
export async function validate(
  engine: TrainingEngine,
  config: RunConfig,
  data: RunData,
  { workers = 1, threads }: { readonly workers?: number; readonly threads?: number } = {},
): Promise<ValidationResult> {
  const { outputs } = evaluationStep(config.model, config.batchSize, { iouAware: config.iouAware });
  const kinds = config.averageDecay === undefined ? [false] : [false, true];
  const loader = runLoader(config, data, { seed: config.seed + seedShift, workers });
  const sessions: Session[] = [];
  const terms: LossTerms[][] = kinds.map(() => []);
  try {
    for (const average of kinds) {
      const weights = await engine.weights({ average });
      const { device } = engine;
      sessions.push(await Session.create(outputs, { device, weights, threads, purpose: "training" }));
    }
    for (let done = 0; done < config.validation!.samples; done += config.batchSize) {
      const feeds = batchFeeds(await loader.next(), config);
      for (const [i, session] of sessions.entries()) terms[i]!.push(lossTerms(await session.compute(feeds)));
    }
  } finally {
    await Promise.all([loader.dispose(), ...sessions.map((session) => session.dispose())]);
  }
  const [own, average] = terms.map(meanTerms);
  return { ...own!, average };
}
