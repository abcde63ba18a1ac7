import type { ModelConfig } from "../model/config.ts";

/**
 * Whether a parameter trains (specification sections 1.6 to 1.8). With LoRA or another adaptation: the adapters, the
 * token types and the head, and in the ablations with a convolutional head or asymmetric attention the final norm.
 * Without: everything, the full fine-tuning baseline. Separate position tables train with the model that has them.
 */
export function isTrainable(name: string, config: ModelConfig): boolean {
  if (name.startsWith("stem.")) return false;
  if (config.adaptation.kind === "none") return true;
  if (name.startsWith("head.") || name === "token_type_embed") return true;
  if (name === "pos_embed") return config.trainPositions ?? false;
  if (name === "z_pos_embed" || name === "x_pos_embed") return true;
  if (name.startsWith("norm.")) return config.head.kind !== "mlp" || config.attention === "asymmetric";
  return /\.lora\.[AB]$|\.adapter_(down|up)sample\.|ia3_weights?$|^prompt_embeddings\./.test(name);
}
