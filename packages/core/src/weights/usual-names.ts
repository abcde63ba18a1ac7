import type { TensorEntry, TensorFile } from "./tensor-file.ts";

/** What training wrappers put in front of a network's names: DistributedDataParallel, Lightning, distillation, torch.compile. */
const WRAPPERS =
  /^(?:(?:module|model|net|network|backbone|teacher|student|encoder|state_dict|_orig_mod)\.)+(?=(?:patch_embed\.proj\.weight|token_type_embed)$)/;
/** DINOv2's training keeps blocks in chunks, `blocks.CHUNK.BLOCK.…`. */
const CHUNKED = /^blocks\.\d+\.(\d+\..*)$/;

/**
 * The same file under the names of DINOv2's releases, where a wrapper or chunked training wrote others. Tensors that are not below the
 * wrapper, a projection head for example, keep their names. The file itself where there is nothing to rename.
 */
export function withUsualNames(file: TensorFile): TensorFile {
  const names = [...file.entries.keys()];
  const prefixes = [...new Set(names.flatMap((name) => WRAPPERS.exec(name)?.[0] ?? []))];
  // One network, or it would be a guess which one is meant.
  const bareNames = ["patch_embed.proj.weight", "token_type_embed"].some((name) => names.includes(name));
  const prefix = prefixes.length === 1 && !bareNames ? prefixes[0]! : "";
  const bare = names.map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  const blocks = bare.filter((name) => name.startsWith("blocks."));
  const isChunked = blocks.length > 0 && blocks.every((name) => CHUNKED.test(name));
  const usual = isChunked ? bare.map((name) => name.replace(CHUNKED, "blocks.$1")) : bare;
  if ((prefix === "" && !isChunked) || new Set(usual).size < usual.length) return file;
  const stored = new Map(usual.map((name, i) => [name, names[i]!]));
  const of = (name: string) => stored.get(name) ?? name;
  const entries = new Map<string, TensorEntry>(
    usual.map((name, i) => [name, { ...file.entries.get(names[i]!)!, name }]),
  );
  return {
    ...file,
    entries,
    bytes: (name, begin, end) => file.bytes(of(name), begin, end),
    float32: (name, begin, end) => file.float32(of(name), begin, end),
  };
}
