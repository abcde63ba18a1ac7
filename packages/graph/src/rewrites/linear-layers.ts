import { type Node, type Operator, reachableNodes, type Value } from "../graph.ts";
import { operators } from "../ops/operators.ts";

/** A bias or a factor on the channels of a product, `[outputs]`. */
export interface ChannelStep {
  /** Addition or multiplication. */
  readonly operator: Operator;
  readonly vector: Value;
}

/** A product by a weight, `[..., inputs]` by `[inputs, outputs]`, with the bias and the factors that follow it. */
export interface LinearLayer {
  /** The weight's name, without its last part: `blocks.0.mlp.fc1`. */
  readonly name: string;
  /** Tells layers apart that read different rows of one weight. */
  readonly key: string;
  readonly input: Value;
  /** The parameter that holds the weight. */
  readonly parameter: Value;
  /** `[inputs, outputs]`, made of one parameter by layout alone. */
  readonly weight: Value;
  readonly steps: readonly ChannelStep[];
  /** What the layer gives after all of its steps. */
  readonly output: Value;
}

/** The layers that `outputs` need, in the order in which they are computed. */
export function linearLayers(outputs: Iterable<Value>): LinearLayer[] {
  const wanted = [...outputs];
  const nodes = reachableNodes(wanted);
  const readers = readersOf(nodes, wanted);
  return nodes.flatMap((node) => {
    const [input, weight] = node.inputs;
    const parameter = node.operator === operators.matmul ? soleParameter(weight!) : undefined;
    if (!parameter || weight!.shape.length !== 2) return [];
    const rows = rowsRead(weight!);
    const name = parameter.name.replace(/\.weight$/, "");
    const key = rows ? `${name}[${rows}]` : name;
    const follows = followed(node.outputs[0]!, readers);
    return [{ name, key, parameter, input: input!, weight: weight!, ...follows }];
  });
}

/** Only layout lies between a weight and its product. */
const layout = new Set<Operator>([operators.transpose, operators.reshape, operators.slice]);

/** The parameter that a value is a view of; undefined for any other value. */
function soleParameter(value: Value): Value | undefined {
  if (value.kind === "parameter") return value;
  return value.node && layout.has(value.node.operator) ? soleParameter(value.node.inputs[0]!) : undefined;
}

/** The first row and the one after the last, where a layer reads a part of its weight. */
function rowsRead({ node }: Value): string | undefined {
  if (!node) return undefined;
  if (node.operator !== operators.slice) return rowsRead(node.inputs[0]!);
  return `${node.inputs[1]!.tensor!.data},${node.inputs[2]!.tensor!.data}`;
}

/** The nodes that read each value; `undefined` stands for the outside. */
function readersOf(nodes: readonly Node[], outputs: readonly Value[]): Map<Value, (Node | undefined)[]> {
  const readers = new Map<Value, (Node | undefined)[]>();
  const note = (value: Value, reader: Node | undefined) => {
    readers.set(value, [...(readers.get(value) ?? []), reader]);
  };
  for (const node of nodes) for (const input of node.inputs) note(input, node);
  for (const output of outputs) note(output, undefined);
  return readers;
}

/** Follows a product through reshapes that leave its columns alone, biases and factors, as long as one node reads it. */
function followed(product: Value, readers: ReadonlyMap<Value, readonly (Node | undefined)[]>) {
  const columns = product.shape.at(-1)!;
  const steps: ChannelStep[] = [];
  let output = product;
  for (;;) {
    const [reader, ...others] = readers.get(output) ?? [];
    if (!reader || others.length > 0) return { steps, output };
    const { operator } = reader;
    const other = reader.inputs.find((input) => input !== output);
    if (operator === operators.add || operator === operators.mul) {
      if (!other || !isChannelVector(other, columns)) return { steps, output };
      steps.push({ operator, vector: other });
    } else if (operator !== operators.reshape || reader.outputs[0]!.shape.at(-1) !== columns)
      return { steps, output };
    output = reader.outputs[0]!;
  }
}

/** A vector of weights with one number for each column. */
function isChannelVector(value: Value, columns: number): boolean {
  return value.shape.length === 1 && value.shape[0] === columns && soleParameter(value) !== undefined;
}
