/** Small runs of the network that are the same in every process: seeded weights, seeded pictures. Browser and Node. */

import {
  initialWeights,
  lorat,
  type ModelConfig,
  networkInputs,
  parametersIn,
  searchSizePx,
  templateSizePx,
  type Variant,
} from "@lorat/core/model";
import {
  adamWGraph,
  adamWScalars,
  createRandom,
  optimizerNames,
  parameterGroups,
  type Random,
  trainingStep,
} from "@lorat/core/training";
import {
  type Feeds,
  float32,
  Graph,
  Session,
  type SessionOptions,
  type Shape,
  scalar,
  sizeOf,
  type Tensor,
  type Value,
  type Weights,
} from "@lorat/graph";

/** A graph with everything that one run of it takes. */
export interface Case {
  readonly outputs: Readonly<Record<string, Value>>;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly weights?: Weights;
  /** Weights that are fed. */
  readonly fed?: ReadonlySet<string>;
}

/** Numbers by output. */
export type Results = Record<string, Float32Array>;

/** The network's score map and boxes. */
export function forwardCase(config: ModelConfig, batch: number, seed = 1): Case {
  const random = createRandom(seed);
  const graph = new Graph();
  const { scoreMap, boxes } = lorat(networkInputs(graph, config, batch), config);
  return {
    outputs: { score_map: scoreMap, boxes },
    weights: initialWeights(parametersIn(graph), random),
    feeds: pictures(config.variant, batch, random),
  };
}

/** Loss, maps and every gradient of one training step; the trainable parameters are fed. */
export function stepCase(config: ModelConfig, batch: number, seed = 1): Case {
  const random = createRandom(seed);
  const { graph, outputs, trainable } = trainingStep(config, batch);
  const weights = initialWeights(parametersIn(graph), random) as Map<string, Tensor>;
  const parameters = trainable.map(({ name }) => [name, weights.get(name)!] as const);
  return {
    outputs,
    weights,
    fed: new Set(parameters.map(([name]) => name)),
    feeds: {
      ...pictures(config.variant, batch, random),
      ...labels(config.variant, batch),
      ...Object.fromEntries(parameters),
    },
  };
}

/** One AdamW step over the trainable parameters of a model, clipped, with an average of the weights. */
export function optimizerCase(config: ModelConfig, seed = 1): Case {
  const random = createRandom(seed);
  const { trainable } = trainingStep(config, 1);
  const shapes = new Map<string, Shape>(trainable.map(({ name, shape }) => [name, shape]));
  const groups = parameterGroups(trainable);
  const options = { average: true };
  const outputs = adamWGraph(new Graph(), shapes, groups, options);
  const rates = groups.map(({ baseLr }) => baseLr);
  const { stepSizes, decays, correction } = adamWScalars(3, rates, groups, options);
  const n = optimizerNames;
  const feeds: Record<string, Tensor> = {
    [n.stepSizes]: float32(stepSizes, [groups.length]),
    [n.decays]: float32(decays, [groups.length]),
    [n.correction]: scalar(correction),
    [n.averageDecay]: scalar(0.99),
    [n.gradientFactor]: scalar(0.25),
  };
  for (const [name, shape] of shapes) {
    const draw = (make: () => number) => float32(Float32Array.from({ length: sizeOf(shape) }, make), shape);
    feeds[n.parameter(name)] = draw(() => random.normal(0, 0.1));
    feeds[n.gradient(name)] = draw(() => random.normal(0, 0.01));
    feeds[n.mean(name)] = draw(() => random.normal(0, 0.01));
    feeds[n.variance(name)] = draw(() => random.uniform(1e-6, 1e-4));
    feeds[n.average(name)] = draw(() => random.normal(0, 0.1));
  }
  return { outputs, feeds };
}

/** Runs a case once; every output comes back as float32 numbers. */
export async function runCase(
  { outputs, feeds, weights, fed }: Case,
  options: SessionOptions,
): Promise<Results> {
  const session = await Session.create(outputs, { ...options, weights, fed });
  try {
    const results = await session.compute(feeds as Feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
    );
  } finally {
    await session.dispose();
  }
}

/** Noise for pixels; the template's foreground is its middle. */
function pictures(variant: Variant, batch: number, random: Random): Record<string, Tensor> {
  const picture = (side: number) => {
    const shape = [batch, 3, side, side];
    return float32(
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
      shape,
    );
  };
  const grid = variant.templateGrid;
  const middle = (cell: number) => cell >= Math.floor(grid / 4) && cell < Math.ceil((grid * 3) / 4);
  const mask = Float32Array.from({ length: batch * grid ** 2 }, (_, i) =>
    middle(i % grid) && middle(Math.floor(i / grid) % grid) ? 1 : 0,
  );
  return {
    template: picture(templateSizePx(variant)),
    search: picture(searchSizePx(variant)),
    template_mask: float32(mask, [batch, grid ** 2]),
    ...(variant.references && {
      reference: picture(templateSizePx(variant)),
      reference_mask: float32(mask, [batch, grid ** 2]),
    }),
  };
}

/** A target a little off the centre of each search region, further in each sample. */
function labels(variant: Variant, batch: number): Record<string, Tensor> {
  const grid = variant.searchGrid;
  const positives = new Float32Array(batch * grid ** 2);
  const boxes = new Float32Array(batch * 4);
  let count = 0;
  for (let sample = 0; sample < batch; sample++) {
    const shift = 0.05 * (sample + 1);
    const [x1, y1, x2, y2] = [0.3 + shift, 0.25 + shift, 0.6 + shift, 0.7 + shift];
    boxes.set([x1, y1, x2, y2], sample * 4);
    for (let cell = 0; cell < grid ** 2; cell++) {
      const x = ((cell % grid) + 0.5) / grid;
      const y = (Math.floor(cell / grid) + 0.5) / grid;
      if (x < x1 || x > x2 || y < y1 || y > y2) continue;
      positives[sample * grid ** 2 + cell] = 1;
      count++;
    }
  }
  return {
    positives: float32(positives, [batch, grid ** 2]),
    target_boxes: float32(boxes, [batch, 4]),
    positive_count: scalar(count),
  };
}
