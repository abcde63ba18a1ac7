import { LoratError, nearestName } from "@lorat/graph";
import type { z } from "zod";
import { type RunConfig, runConfigSchema } from "../run-config.ts";

/** What the walk below needs to know of a schema; zod describes each of its kinds in `def`. */
interface Described {
  readonly def: {
    readonly type: string;
    readonly shape?: Readonly<Record<string, Described>>;
    readonly innerType?: Described;
    readonly element?: Described;
    readonly out?: Described;
    readonly options?: readonly Described[];
  };
}

/** Every key path that a schema knows, entries of lists as `*`: `optimizer.learningRate`, `data.sets.*.weight`. */
function knownPaths(schema: z.ZodType): Set<string> {
  const paths = new Set<string>();
  walk(schema as unknown as Described, "", paths);
  return paths;
}

function walk({ def }: Described, path: string, paths: Set<string>): void {
  for (const inner of [def.innerType, def.out, ...(def.options ?? [])]) if (inner) walk(inner, path, paths);
  if (def.element) walk(def.element, `${path}*.`, paths);
  for (const [key, inner] of Object.entries(def.shape ?? {})) {
    paths.add(path + key);
    walk(inner, `${path}${key}.`, paths);
  }
}

/** Types a configuration that is written in a file of its own: `export default defineRun({ … })`. */
export function defineRun(config: RunConfig): RunConfig {
  return config;
}

/**
 * Checks a configuration and gives it with variants' names replaced by their sizes. `origin` says in messages where it
 * comes from. Throws `CONFIG_KEY` when there are keys that do not exist, `CONFIG_VALUE` for anything else that is wrong; the
 * problems, all of them, are in `issues`.
 */
export function parseRunConfig(value: unknown, origin: string): RunConfig {
  return parseConfig(runConfigSchema, value, origin);
}

/** {@link parseRunConfig} by any schema. */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, origin: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const paths = knownPaths(schema);
  const unknownKeys: string[] = [];
  const values: string[] = [];
  for (const issue of result.error.issues) {
    if (issue.code === "unrecognized_keys")
      unknownKeys.push(...issue.keys.map((key) => unknownKey(paths, issue.path, key)));
    else values.push(wrongValue(issue, value));
  }
  const issues = [...unknownKeys, ...values];
  const code = unknownKeys.length > 0 ? "CONFIG_KEY" : "CONFIG_VALUE";
  const problem = issues.length === 1 ? issues[0]! : `${issues.length} things are wrong`;
  throw new LoratError(code, `${origin}: ${problem}`, {
    issues: issues.length === 1 ? [] : issues,
    hint: "a finished run's config.json shows every key in its place",
  });
}

function unknownKey(paths: ReadonlySet<string>, parent: readonly PropertyKey[], key: string): string {
  const prefix = pathText([...parent, ""]);
  const pattern = prefix.replace(/(^|\.)\d+\./g, "$1*.");
  const beside = [...paths].flatMap((path) =>
    path.startsWith(pattern) && !path.slice(pattern.length).includes(".") ? [path.slice(pattern.length)] : [],
  );
  const near = nearestName(key, beside);
  // A key in the wrong place: `learningRate` belongs below `optimizer`.
  const elsewhere = [...paths].find((path) => path.endsWith(`.${key}`));
  const meant = near !== undefined ? prefix + near : elsewhere;
  return `there is no key "${prefix}${key}"${meant ? `, did you mean "${meant}"?` : ` (keys here: ${beside.join(", ")})`}`;
}

function wrongValue(issue: z.core.$ZodIssue, config: unknown): string {
  const path = pathText(issue.path);
  const found = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    config,
  );
  if (found === undefined) return `"${path}" is missing`;
  return `"${path}" is ${JSON.stringify(found)?.slice(0, 80)}: ${expectation(issue)}`;
}

/** What zod expected, in a few words. */
function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "too_small":
      return `it must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `it must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_type":
      return `${article(issue.expected === "int" ? "whole number" : issue.expected)} was expected`;
    case "invalid_value":
      return `it must be one of ${issue.values.join(", ")}`;
    case "invalid_union":
      return `it must be one of ${(issue as { options?: readonly unknown[] }).options?.join(", ") ?? "several kinds"}`;
    case "not_multiple_of":
      return `it must be a multiple of ${issue.divisor}`;
    default:
      return issue.message;
  }
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}
