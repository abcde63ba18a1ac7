/**
 * Files of weights: safetensors and torch's archives, what is in them, and how they become a model folder.
 * Browser and Node; only {@link ByteSource} differs.
 */
export { type ByteSource, blobSource, bytesSource, checkRange } from "./byte-source.ts";
export { decodeFloat32, dtypeSize, dtypes, elementCount, encodeFloat32, type WeightDType } from "./dtype.ts";
export type { FileSource } from "./file-source.ts";
export { float32ToHalf, halfToFloat32 } from "./half.ts";
export { type MatMul, type MatMulSize, matmulRows } from "./matmul-rows.ts";
export { type MergedTensor, type MergeOptions, mergedBlocks, mergedTensor, planMerge } from "./merge.ts";
export {
  type ModelFolder,
  type ModelManifest,
  modelFiles,
  parseModelManifest,
  readModelFolder,
  requireTracker,
} from "./model-folder.ts";
export {
  type AdapterLayout,
  configOfWeights,
  dinov2StateDict,
  profileWeights,
  recogniseVariant,
  type VariantChoice,
  validateWeights,
  type WeightsKind,
  type WeightsProfile,
} from "./names.ts";
export { openTensorFile } from "./open.ts";
export { openSafetensors } from "./safetensors.ts";
export {
  type ByteSink,
  encodeSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "./safetensors-writer.ts";
export { formatShape, requireEntry, type TensorEntry, type TensorFile } from "./tensor-file.ts";
export { openTorchZip } from "./torch-zip.ts";
export { type StateDict, type StateDictRules, stateDictOf, validateStateDict } from "./validate.ts";
