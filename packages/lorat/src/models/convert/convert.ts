import { sessionProduct } from "../../trackers/model/session-product.ts";
import { type ConvertOptions, type ConvertResult, convertModel } from "./convert-model.ts";

/**
 * DINOv2's and LoRAT's files into a model folder, as `lorat convert` does, its products on ONNX Runtime. Throws what `convertModel`
 * throws.
 *
 * @example
 * await convert({ files: ["dinov2_vitb14_pretrain.pth", "base_224.bin"], outDir: "models/b-224", variant: "b-224" });
 */
export async function convert(options: Omit<ConvertOptions, "matmul">): Promise<ConvertResult> {
  const { matmul, dispose } = sessionProduct();
  try {
    return await convertModel({ ...options, matmul });
  } finally {
    await dispose();
  }
}
