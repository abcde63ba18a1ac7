/**
 * Differentiable graphs of standard ONNX operators: build, differentiate, count, write, run.
 * Groups: graphs and values, operators, gradients and cost, ONNX files, sessions.
 */
export { type Cost, cost } from "./cost.ts";
export { LoratError, type LoratErrorOptions, nearestName } from "./errors.ts";
export { type GradientOptions, gradient, vectorJacobianProduct } from "./gradient.ts";
export { Graph, type Node, type Operator, type Role, reachableNodes, type Value } from "./graph.ts";
export { asyncDisposeSymbol, disposeSymbol } from "./lifetimes.ts";
export { type ModelInput, modelInputs, withInputShapes, withOutputs } from "./onnx/input-shapes.ts";
export {
  opsetVersion,
  type Placement,
  type SerialisedModel,
  type SerialiseOptions,
  serialise,
} from "./onnx/serialise.ts";
export * from "./ops/index.ts";
export { type LinearLayer, linearLayers } from "./rewrites/linear-layers.ts";
export { lowered } from "./rewrites/lower.ts";
export { mixedPrecision, singleFromHere } from "./rewrites/mixed-precision.ts";
export { forOldestOpset, oldestOpset } from "./rewrites/older-opset.ts";
export { type QuantisedGraph, quantise, type WeightLevels } from "./rewrites/quantise.ts";
export type { Recomputed } from "./rewrites/recompute.ts";
export { type Rule, rewrite } from "./rewrites/rewrite.ts";
export { PreparedWeights, weightLevelsFor } from "./session/quantised-weights.ts";
export type { ConcreteDevice, Device } from "./session/runtime.ts";
export {
  DeviceTensor,
  type Feeds,
  readBack,
  resolveDevice,
  Session,
  type SessionInput,
} from "./session/session.ts";
export type { Purpose, SessionOptions } from "./session/settings.ts";
export { type FileTensor, type StoredTensor, storedBytes, type Weights } from "./session/weights.ts";
export { type Shape, sameShape, sizeOf } from "./shape.ts";
export {
  bool,
  bytesOf,
  bytesPerElement,
  type DType,
  float32,
  int64,
  scalar,
  type Tensor,
  type TypedArray,
} from "./tensor.ts";
