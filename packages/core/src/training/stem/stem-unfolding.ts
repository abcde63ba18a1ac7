import {
  add,
  conv2d,
  depthwiseConv2d,
  float32,
  Graph,
  mul,
  reduceMean,
  reshape,
  sub,
  type Tensor,
  type Value,
} from "@lorat/graph";
import { mergedConfig } from "../../model/config.ts";
import { parameterScope } from "../../model/parameters.ts";
import { type BuildConvolution, convolutionWeight, convStem, stemRole } from "../../model/stem.ts";
import { variantNamed } from "../../model/variants.ts";
import { type StemSizes, stemInputs, stemNormEpsilon } from "./stem-graph.ts";

const mean = (path: string): string => `${path}.mean`;
const variance = (path: string): string => `${path}.var`;

/**
 * The folded stem over a batch of crops (`pixels`). Outputs: for every convolution the mean and the variance of each channel
 * before its bias, `PATH.mean` and `PATH.var`, both `[channels]`.
 */
export function stemMoments({ batchSize, sidePx }: StemSizes): Record<string, Value> {
  const graph = new Graph();
  const outputs: Record<string, Value> = {};
  const build: BuildConvolution = (x, at, { outputs: channels, kernel, stride = 1, depthwise = false }) => {
    const weight = convolutionWeight(x, at, { outputs: channels, kernel, depthwise });
    const convolve = depthwise ? depthwiseConv2d : conv2d;
    const y = convolve(x, weight, undefined, { stride, padding: (kernel - 1) / 2 });
    const middle = reduceMean(y, [0, 2, 3], true);
    const difference = sub(y, middle);
    outputs[mean(at.path)] = reshape(middle, [channels]);
    outputs[variance(at.path)] = reduceMean(mul(difference, difference), [0, 2, 3]);
    const bias = at.parameter("bias", [channels], stemRole(at, "bias"));
    return add(y, reshape(bias, [1, channels, 1, 1]));
  };
  const pixels = graph.input(stemInputs.pixels, [batchSize, 3, sidePx, sidePx]);
  convStem(pixels, parameterScope(graph, mergedConfig(variantNamed("nano"))).child("stem"), build);
  return outputs;
}

/**
 * The reverse of `foldedStem`: every convolution gets a batch normalisation with the moments that it has on some crops, so that
 * a stem that was folded for tracking can be trained further and starts with the same numbers.
 *
 * @param folded the stem's parameters as the network has them.
 * @param moments the outputs of {@link stemMoments} for those parameters, means over batches.
 */
export function unfoldedStem(
  folded: ReadonlyMap<string, Tensor<"float32">>,
  moments: Readonly<Record<string, Float32Array>>,
): Map<string, Tensor<"float32">> {
  const trained = new Map<string, Tensor<"float32">>();
  for (const [name, tensor] of folded) {
    const path = name.replace(/\.(weight|bias)$/, "");
    const middle = moments[mean(path)];
    const spread = moments[variance(path)];
    if (!middle || !spread) {
      trained.set(name, tensor); // squeeze and excitation has no normalisation
      continue;
    }
    if (name.endsWith(".weight")) {
      trained.set(name, tensor);
      continue;
    }
    const shape = [middle.length];
    const scale = spread.map((one) => Math.sqrt(one + stemNormEpsilon));
    trained.set(`${path}.norm.weight`, float32(scale, shape));
    trained.set(
      `${path}.norm.bias`,
      float32(
        tensor.data.map((bias, i) => bias + middle[i]!),
        shape,
      ),
    );
    trained.set(`${path}.norm.running_mean`, float32(middle.slice(), shape));
    trained.set(`${path}.norm.running_var`, float32(spread.slice(), shape));
  }
  return trained;
}
