import { LoratError } from "@lorat/graph";
import type { RunConfig } from "../run-config.ts";
import { parseRunConfig } from "./parse.ts";

/** What the command line changes of a configuration. */
interface Overrides {
  /** `optimizer.learningRate=1e-4`, applied in order; values are JSON, or text where they are none. */
  readonly set?: readonly string[];
  readonly steps?: number;
  /** Pairs of one pass; accumulation makes up the rest, so that an update still sees as many pairs. */
  readonly batch?: number;
  readonly seed?: number;
}

/**
 * Applies overrides and checks the result. A cosine that ends with the last step still does when `steps` changes; `KEY=null`
 * takes a key away. Throws `CONFIG_OVERRIDE`, `CONFIG_BATCH`, and what {@link parseRunConfig} throws.
 */
export function overrideRun(config: RunConfig, { set = [], steps, batch, seed }: Overrides): RunConfig {
  let changed = { ...config };
  if (steps !== undefined) changed = withSteps(changed, steps);
  if (seed !== undefined) changed = { ...changed, seed };
  if (batch !== undefined) changed = withMicroBatch(changed, batch);
  const plain = structuredClone(changed) as unknown as Record<string, unknown>;
  for (const assignment of set) assign(plain, assignment);
  return parseRunConfig(plain, set.length > 0 ? "the configuration with --set" : "the configuration");
}

function withSteps(config: RunConfig, steps: number): RunConfig {
  const { optimizer } = config;
  const follows = optimizer.cosineSteps === config.steps;
  return { ...config, steps, optimizer: { ...optimizer, ...(follows && { cosineSteps: steps }) } };
}

function withMicroBatch(config: RunConfig, batch: number): RunConfig {
  const pairs = config.batchSize * (config.accumulation ?? 1);
  if (!(Number.isInteger(batch) && batch >= 1 && pairs % batch === 0)) {
    const divisors = Array.from({ length: pairs }, (_, i) => i + 1).filter((i) => pairs % i === 0);
    throw new LoratError("CONFIG_BATCH", `${pairs} pairs of an update cannot be made of passes of ${batch}`, {
      hint: `choose one of ${divisors.join(", ")}, or set batchSize and accumulation with --set`,
    });
  }
  return { ...config, batchSize: batch, accumulation: pairs / batch };
}

function assign(target: Record<string, unknown>, assignment: string): void {
  const at = assignment.indexOf("=");
  const keys = assignment.slice(0, at).split(".");
  if (at < 1 || keys.some((key) => key === "" || key === "__proto__")) {
    throw new LoratError("CONFIG_OVERRIDE", `expected KEY=VALUE, found "${assignment}"`, {
      hint: "for example --set optimizer.learningRate=1e-4",
    });
  }
  const last = keys.pop()!;
  let place = target;
  for (const key of keys) {
    const inner = place[key] ?? {};
    if (typeof inner !== "object") {
      throw new LoratError(
        "CONFIG_OVERRIDE",
        `"${assignment}": "${key}" is ${JSON.stringify(inner)}, it has no keys`,
      );
    }
    place[key] = inner;
    place = inner as Record<string, unknown>;
  }
  const value = parseValue(assignment.slice(at + 1));
  if (value === null) delete place[last];
  else place[last] = value;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
