import { LoratError, nearestName } from "@lorat/graph";
import { formatShape } from "./tensor-file.ts";

/** Names and shapes of a set of tensors. */
export type StateDict = ReadonlyMap<string, readonly number[]>;

/** Options of {@link validateStateDict}. */
export interface StateDictRules {
  /** Tensors that may be there or not; their shapes are checked when they are. */
  readonly optional?: StateDict;
  /** What the tensors are, for messages, such as a file's name. */
  readonly what: string;
}

/**
 * Compares names and shapes with those expected and throws once with everything that is wrong: missing names, unexpected
 * ones with the nearest expected name, shapes that differ with both shapes.
 *
 * Throws `WEIGHTS_SHAPE` when only shapes are wrong, `WEIGHTS_NAMES` otherwise; one line a problem in `issues`.
 */
export function validateStateDict(actual: StateDict, expected: StateDict, rules: StateDictRules): void {
  const { missing, unexpected, shapes } = compareStateDict(actual, expected, rules.optional);
  const issues = [
    ...shapes,
    ...missing.map((name) => `missing: ${name} ${formatShape(expected.get(name)!)}`),
  ];
  for (const name of unexpected) {
    const near = nearestName(name, (missing.length > 0 ? missing : [...expected.keys()]).slice(0, 2000));
    issues.push(
      `unexpected: ${name} ${formatShape(actual.get(name)!)}${near ? ` (nearest known name: ${near})` : ""}`,
    );
  }
  if (issues.length === 0) return;
  const namesWrong = missing.length + unexpected.length > 0;
  const counts = [
    [shapes.length, "of the wrong shape"],
    [missing.length, "missing"],
    [unexpected.length, "unexpected"],
  ] as const;
  const summary = counts.flatMap(([count, text]) => (count > 0 ? [`${count} ${text}`] : [])).join(", ");
  throw new LoratError(
    namesWrong ? "WEIGHTS_NAMES" : "WEIGHTS_SHAPE",
    `the tensors of ${rules.what} do not fit the model: ${summary}; first: ${issues[0]}`,
    { issues },
  );
}

/** The names and shapes of opened tensors or of parameters. */
export function stateDictOf(
  entries: Iterable<{ readonly name: string; readonly shape: readonly number[] }>,
): StateDict {
  return new Map(Array.from(entries, ({ name, shape }) => [name, shape]));
}

function compareStateDict(actual: StateDict, expected: StateDict, optional: StateDict = new Map()) {
  const missing = [...expected.keys()].filter((name) => !actual.has(name));
  const unexpected: string[] = [];
  const shapes: string[] = [];
  for (const [name, shape] of actual) {
    const wanted = expected.get(name) ?? optional.get(name);
    if (!wanted) unexpected.push(name);
    else if (formatShape(wanted) !== formatShape(shape)) {
      shapes.push(`${name} should be ${formatShape(wanted)}, is ${formatShape(shape)}`);
    }
  }
  return { missing, unexpected, shapes };
}
