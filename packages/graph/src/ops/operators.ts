import { attentionOperator } from "./attention.ts";
import { convOperator, convTransposeOperator } from "./conv.ts";
import {
  addOperator,
  divOperator,
  geluOperator,
  logOperator,
  mulOperator,
  sigmoidOperator,
  sqrtOperator,
  whereOperator,
} from "./elementwise.ts";
import { castOperator, reshapeOperator, sliceOperator, splitOperator, transposeOperator } from "./layout.ts";
import { matmulOperator } from "./matmul.ts";
import { layerNormOperator } from "./normalisation.ts";
import { reduceMeanOperator, reduceSumOperator, softmaxOperator } from "./reduce.ts";

/** The operators that passes over graphs tell apart, to be compared with a node's own. */
export const operators = {
  add: addOperator,
  attention: attentionOperator,
  cast: castOperator,
  conv: convOperator,
  convTranspose: convTransposeOperator,
  div: divOperator,
  gelu: geluOperator,
  layerNorm: layerNormOperator,
  log: logOperator,
  matmul: matmulOperator,
  mul: mulOperator,
  reduceMean: reduceMeanOperator,
  reduceSum: reduceSumOperator,
  reshape: reshapeOperator,
  sigmoid: sigmoidOperator,
  slice: sliceOperator,
  softmax: softmaxOperator,
  split: splitOperator,
  sqrt: sqrtOperator,
  transpose: transposeOperator,
  where: whereOperator,
} as const;
