import { reachableNodes, type Value } from "../graph.ts";
import { rewrite } from "./rewrite.ts";

/** The values of a graph that depend on weights and constants alone. */
export interface FrozenValues {
  /** What each such value is computed from: equal texts over the same weights mean equal numbers. */
  readonly texts: ReadonlyMap<Value, string>;
  /** Those of them that something else reads. */
  readonly read: readonly Value[];
}

/** Constants up to this many bytes are described by their numbers; larger ones only if all their numbers are equal. */
const describedBytes = 256;

/** Finds the values behind `outputs` that depend only on constants and the parameters that `isWeight` picks. */
export function frozenValues(
  outputs: Readonly<Record<string, Value>>,
  isWeight: (parameter: Value) => boolean,
): FrozenValues {
  const texts = new Map<Value, string>();
  const constants = new Map<Value, string | undefined>();
  const textOf = (value: Value): string | undefined => {
    if (value.kind === "parameter" && isWeight(value)) texts.set(value, value.name);
    if (value.kind === "constant" && !constants.has(value)) constants.set(value, describe(value));
    return texts.get(value) ?? constants.get(value);
  };
  const read = new Set<Value>();
  for (const node of reachableNodes(Object.values(outputs))) {
    const inputs = node.inputs.map(textOf);
    const isFrozen =
      inputs.every((text) => text !== undefined) && node.inputs.some((input) => texts.has(input));
    if (!isFrozen) {
      for (const input of node.inputs) if (texts.has(input)) read.add(input);
      continue;
    }
    const text = `${node.operator.type}(${inputs}) ${JSON.stringify(node.attributes)}`;
    node.outputs.forEach((output, i) => {
      texts.set(output, i === 0 ? text : `${text} ${i}`);
    });
  }
  for (const output of Object.values(outputs)) if (textOf(output) && texts.has(output)) read.add(output);
  return { texts, read: [...read] };
}

/** Replaces every frozen value by a parameter that is named by its text. */
export function frozenAsParameters(
  outputs: Readonly<Record<string, Value>>,
  { texts }: FrozenValues,
): Record<string, Value> {
  return rewrite(outputs, ({ outputs: computed }, inputs) => {
    if (!texts.has(computed[0]!)) return undefined;
    return computed.map((value) => {
      const { shape, dtype } = value;
      return inputs[0]!.graph.parameter(texts.get(value)!, shape, { dtype });
    });
  });
}

function describe({ tensor }: Value): string | undefined {
  const { dtype, shape, data } = tensor!;
  const kind = `${dtype}[${shape}]`;
  if (data.byteLength <= describedBytes) return `${kind}{${data}}`;
  return data.every((value: number | bigint) => value === data[0]) ? `${kind}{${data[0]} ...}` : undefined;
}
