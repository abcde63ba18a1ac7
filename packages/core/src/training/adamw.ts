import {
  add,
  div,
  type Graph,
  mul,
  reshape,
  type Shape,
  slice,
  sqrt,
  sub,
  sumOfSquares,
  type Value,
} from "@lorat/graph";
import { optimizerNames } from "../graph-names.ts";

/** One group of parameters with a learning rate and decay of its own (specification sections 3.6 and 3.7). */
export interface OptimizerGroup {
  readonly names: readonly string[];
  readonly weightDecay: number;
}

/** AdamW's constants, and whether an average of the parameters is kept. */
export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Also keeps an exponential average of the parameters, under `ema/`. */
  readonly average?: boolean;
}

/**
 * AdamW with decoupled weight decay as one graph, over all parameters at once. The numbers that change from step to step are
 * fed: see {@link adamWScalars}, and `gradient_factor`, by which every gradient is multiplied (1, or less to clip their
 * global norm). Throws what the graph throws on an unknown shape.
 */
export function adamWGraph(
  graph: Graph,
  shapes: ReadonlyMap<string, Shape>,
  groups: readonly OptimizerGroup[],
  options: AdamWOptions = {},
): Record<string, Value> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, average = false } = options;
  const n = optimizerNames;
  const stepSizes = graph.input(n.stepSizes, [groups.length]);
  const decays = graph.input(n.decays, [groups.length]);
  const correction = graph.input(n.correction, []);
  const averageDecay = average ? graph.input(n.averageDecay, []) : undefined;
  const gradients = new Map<string, Value>();
  for (const { names } of groups) {
    for (const name of names) gradients.set(name, graph.input(n.gradient(name), shapes.get(name)!));
  }
  const outputs: Record<string, Value> = {};
  const factor = graph.input(n.gradientFactor, []);
  groups.forEach((group, index) => {
    const stepSize = scalarAt(stepSizes, index);
    const decay = scalarAt(decays, index);
    for (const name of group.names) {
      const shape = shapes.get(name)!;
      const parameter = graph.input(n.parameter(name), shape);
      const raw = gradients.get(name)!;
      const gradient = mul(raw, factor);
      const mean = add(mul(graph.input(n.mean(name), shape), beta1), mul(gradient, 1 - beta1));
      const variance = add(
        mul(graph.input(n.variance(name), shape), beta2),
        mul(mul(gradient, gradient), 1 - beta2),
      );
      const update = div(mean, add(div(sqrt(variance), correction), epsilon));
      const updated = sub(mul(parameter, decay), mul(update, stepSize));
      outputs[n.updated(name)] = updated;
      outputs[`updated/${n.mean(name)}`] = mean;
      outputs[`updated/${n.variance(name)}`] = variance;
      if (averageDecay) {
        const kept = mul(graph.input(n.average(name), shape), averageDecay);
        outputs[`updated/${n.average(name)}`] = add(kept, mul(updated, sub(1, averageDecay)));
      }
    }
  });
  return outputs;
}

/** The global L2 norm of gradients, as `grad_norm`: an optimiser is not run at all where it is not finite. */
export function gradientNormGraph(graph: Graph, shapes: ReadonlyMap<string, Shape>): Record<string, Value> {
  const gradients = [...shapes].map(([name, shape]) => graph.input(optimizerNames.gradient(name), shape));
  return { [optimizerNames.gradNorm]: globalNorm(gradients) };
}

function globalNorm(gradients: Iterable<Value>): Value {
  let squares: Value | undefined;
  for (const gradient of gradients) {
    const part = sumOfSquares(gradient);
    squares = squares ? add(squares, part) : part;
  }
  return sqrt(squares!);
}

/** The numbers of optimiser step `step` (from 1), given each group's learning rate. */
export function adamWScalars(
  step: number,
  learningRates: readonly number[],
  groups: readonly OptimizerGroup[],
  { beta1 = 0.9, beta2 = 0.999 }: AdamWOptions = {},
): { stepSizes: Float32Array; decays: Float32Array; correction: number } {
  return {
    stepSizes: Float32Array.from(learningRates, (lr) => lr / (1 - beta1 ** step)),
    decays: Float32Array.from(learningRates, (lr, i) => 1 - lr * groups[i]!.weightDecay),
    correction: Math.sqrt(1 - beta2 ** step),
  };
}

function scalarAt(values: Value, index: number): Value {
  return reshape(slice(values, index, index + 1, 0), []);
}
