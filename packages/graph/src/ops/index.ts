export { attention } from "./attention.ts";
export { type ConvGeometry, conv2d, depthwiseConv2d } from "./conv.ts";
export {
  abs,
  add,
  div,
  erf,
  exp,
  gelu,
  greater,
  hardSigmoid,
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  sigmoid,
  silu,
  sqrt,
  sub,
  where,
} from "./elementwise.ts";
export { cast, concat, expand, pad, reshape, slice, split, stopGradient, transpose } from "./layout.ts";
export { linear, matmul } from "./matmul.ts";
export { type BatchNormResult, batchNormEval, batchNormTrain, layerNorm } from "./normalisation.ts";
export type { Operand } from "./operand.ts";
export { operators } from "./operators.ts";
export { reduceMean, reduceSum, softmax, sumOfSquares } from "./reduce.ts";
