import {
  add,
  conv2d,
  depthwiseConv2d,
  hardSigmoid,
  linear,
  mul,
  reduceMean,
  relu,
  reshape,
  type Value,
} from "@lorat/graph";
import { normal } from "./initialise.ts";
import type { DeclaredRole, ParameterScope } from "./parameters.ts";

/** One inverted residual: expansion by 1 x 1, depthwise convolution, squeeze and excitation, projection by 1 x 1. */
export interface InvertedResidual {
  readonly inputs: number;
  /** Channels of the depthwise convolution; no expansion where they equal `inputs`. */
  readonly expanded: number;
  readonly outputs: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  /** Hidden width of squeeze and excitation; default: none. */
  readonly squeezed?: number;
  readonly activation: "relu" | "hardSwish";
}

/** Channels of the first convolution, 3 x 3 at stride 2. */
export const STEM_FIRST = 16;
/** Channels of the stem's output at stride 16. */
export const STEM_CHANNELS = 96;
/** Pixels a side of one cell of the output. */
export const STEM_STRIDE = 16;

/** MobileNetV3-small's plan (Howard et al. 2019, table 2) up to stride 16, the last three blocks without a further stride. */
export const stemBlocks: readonly InvertedResidual[] = [
  { inputs: 16, expanded: 16, outputs: 16, kernel: 3, stride: 2, squeezed: 8, activation: "relu" },
  { inputs: 16, expanded: 72, outputs: 24, kernel: 3, stride: 2, activation: "relu" },
  { inputs: 24, expanded: 88, outputs: 24, kernel: 3, stride: 1, activation: "relu" },
  { inputs: 24, expanded: 96, outputs: 40, kernel: 5, stride: 2, squeezed: 24, activation: "hardSwish" },
  { inputs: 40, expanded: 240, outputs: 40, kernel: 5, stride: 1, squeezed: 64, activation: "hardSwish" },
  { inputs: 40, expanded: 240, outputs: 40, kernel: 5, stride: 1, squeezed: 64, activation: "hardSwish" },
  { inputs: 40, expanded: 120, outputs: 48, kernel: 5, stride: 1, squeezed: 32, activation: "hardSwish" },
  { inputs: 48, expanded: 144, outputs: 48, kernel: 5, stride: 1, squeezed: 40, activation: "hardSwish" },
  {
    inputs: 48,
    expanded: 288,
    outputs: STEM_CHANNELS,
    kernel: 5,
    stride: 1,
    squeezed: 72,
    activation: "hardSwish",
  },
];

/** A convolution of the stem, before or after its batch normalisation was folded in. */
export interface StemConvolution {
  readonly outputs: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly depthwise?: boolean;
}

/** Builds one convolution: folded at inference, with batch normalisation while the stem learns. */
export type BuildConvolution = (x: Value, at: ParameterScope, shape: StemConvolution) => Value;

/** A convolution with bias: what is left of convolution and batch normalisation once the latter is folded in. */
export const foldedConvolution: BuildConvolution = (
  x,
  at,
  { outputs, kernel, stride = 1, depthwise = false },
) => {
  const weight = convolutionWeight(x, at, { outputs, kernel, depthwise });
  const convolve = depthwise ? depthwiseConv2d : conv2d;
  const bias = at.parameter("bias", [outputs], stemRole(at, "bias"));
  return convolve(x, weight, bias, { stride, padding: (kernel - 1) / 2 });
};

/** The stem is part of the backbone, and as a rule frozen. */
export function stemRole({ config }: ParameterScope, kind: DeclaredRole["kind"]): DeclaredRole {
  return { kind, trains: config.trainStem ?? false, single: true };
}

/** The weight of one of the stem's convolutions, `[outputs, inputs, kernel, kernel]`. */
export function convolutionWeight(
  x: Value,
  at: ParameterScope,
  { outputs, kernel, depthwise = false }: StemConvolution,
): Value {
  const inputs = depthwise ? 1 : x.shape[1]!;
  const start = { reference: normal(Math.sqrt(2 / (inputs * kernel ** 2))) }; // Kaiming's, by what goes in
  return at.parameter("weight", [outputs, inputs, kernel, kernel], { ...stemRole(at, "matrix"), start });
}

const hardSwish = (x: Value): Value => mul(x, hardSigmoid(x));
const activations = { relu, hardSwish };

/**
 * The convolutional stem: pixels to features at stride 16, frozen as the large variants' DINOv2 is.
 * pixels: `[batch, 3, side, side]`, ImageNet-normalised; the result `[batch, 96, side / 16, side / 16]`.
 */
export function convStem(
  pixels: Value,
  at: ParameterScope,
  build: BuildConvolution = foldedConvolution,
): Value {
  let x = stemEntry(pixels, at, build);
  stemBlocks.forEach((plan, i) => {
    x = stemBlock(x, at.child("blocks").child(i), plan, build);
  });
  return x;
}

/** The first convolution with its activation. */
export function stemEntry(
  pixels: Value,
  at: ParameterScope,
  build: BuildConvolution = foldedConvolution,
): Value {
  return hardSwish(build(pixels, at.child("first"), { outputs: STEM_FIRST, kernel: 3, stride: 2 }));
}

/** One inverted residual; the input is added where stride and channels allow it. x: `[batch, inputs, h, w]`. */
export function stemBlock(
  x: Value,
  at: ParameterScope,
  plan: InvertedResidual,
  build: BuildConvolution = foldedConvolution,
): Value {
  const { inputs, expanded, outputs, kernel, stride, squeezed } = plan;
  const activate = activations[plan.activation];
  let y = x;
  if (expanded !== inputs) y = activate(build(y, at.child("expand"), { outputs: expanded, kernel: 1 }));
  y = build(y, at.child("depthwise"), { outputs: expanded, kernel, stride, depthwise: true });
  // The order is MobileNetV3's: squeeze and excitation before a hard swish, after a ReLU.
  if (squeezed !== undefined) {
    y =
      plan.activation === "relu"
        ? excite(activate(y), at.child("excite"), squeezed)
        : activate(excite(y, at.child("excite"), squeezed));
  } else y = activate(y);
  y = build(y, at.child("project"), { outputs, kernel: 1 });
  return stride === 1 && inputs === outputs ? add(x, y) : y;
}

/** Squeeze and excitation: every channel times a factor that follows from the means of all. */
function excite(x: Value, at: ParameterScope, squeezed: number): Value {
  const [batch, channels] = x.shape as [number, number, number, number];
  const means = reshape(reduceMean(x, [2, 3]), [batch, channels]);
  const start = { reference: normal(0.01) }; // near a factor of one half
  const layer = (input: Value, place: ParameterScope, outputs: number) => {
    const weight = place.parameter("weight", [outputs, input.shape[1]!], {
      ...stemRole(at, "matrix"),
      start,
    });
    return linear(input, weight, place.parameter("bias", [outputs], stemRole(at, "bias")));
  };
  const hidden = relu(layer(means, at.child("down"), squeezed));
  const factors = hardSigmoid(layer(hidden, at.child("up"), channels));
  return mul(x, reshape(factors, [batch, channels, 1, 1]));
}
