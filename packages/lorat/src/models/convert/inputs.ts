import { basename } from "node:path";
import type { Variant } from "@lorat/core/model";
import {
  type FileSource,
  fileSource,
  openTensorFile,
  profileWeights,
  recogniseVariant,
  type StateDict,
  stateDictOf,
  type TensorFile,
  type VariantChoice,
  validateWeights,
  type WeightsProfile,
} from "@lorat/core/weights";
import { LoratError } from "@lorat/graph";
import { variantByName } from "./name-hint.ts";

/** One of the files to convert, opened. */
export interface ConvertInput {
  readonly path: string;
  readonly name: string;
  readonly source: FileSource;
  readonly file: TensorFile;
  readonly tensors: StateDict;
  readonly profile: WeightsProfile;
}

/** Files that together make a model: LoRAT's own (absent for a backbone alone) and DINOv2's (where it is needed). */
export interface ConvertInputs {
  readonly all: readonly ConvertInput[];
  readonly lorat: ConvertInput | undefined;
  readonly dinov2: ConvertInput | undefined;
  readonly variant: Variant;
  readonly notes: readonly string[];
}

/**
 * Opens the files, finds out what each one is, and checks that they make one model of one variant, every name and shape.
 * The sources stay open: dispose of them when done; on an error they are closed already.
 *
 * Throws what the readers throw, `CONVERT_FILES` for a set that makes no model, `CONVERT_BASE_MISSING` for trained tensors
 * without DINOv2, `WEIGHTS_VARIANT`, `WEIGHTS_VARIANT_OPEN`, `WEIGHTS_NAMES`, `WEIGHTS_SHAPE`.
 */
export async function openInputs(paths: readonly string[], requested?: Variant): Promise<ConvertInputs> {
  const all: ConvertInput[] = [];
  const sources: FileSource[] = [];
  try {
    for (const path of paths) {
      const source = await fileSource(path);
      sources.push(source);
      const file = await openTensorFile(source, path);
      const tensors = stateDictOf(file.entries.values());
      all.push({ path, name: basename(path), source, file, tensors, profile: profileWeights(tensors, path) });
    }
    const roles = assignRoles(all);
    const { variant, note } = settleVariant(all, roles.lorat, requested);
    for (const { path, tensors, profile } of all) validateWeights(tensors, profile, variant, path);
    return { all, ...roles, variant, notes: [...(note ? [note] : []), ...remarks(roles)] };
  } catch (error) {
    await Promise.all(sources.map((source) => source.dispose()));
    throw error;
  }
}

/**
 * The variant by what the files show, else by the name of LoRAT's. A backbone's may be assumed, with a note; a tracker's is demanded:
 * at the wrong size of its search region it would track badly without a word.
 */
function settleVariant(
  all: readonly ConvertInput[],
  lorat: ConvertInput | undefined,
  requested: Variant | undefined,
): Pick<VariantChoice, "variant" | "note"> {
  const { variant, note, fitting } = recogniseVariant(
    all.map(({ profile }) => profile),
    requested,
  );
  if (!lorat || note === undefined) return { variant, note };
  const named = variantByName(lorat.path, fitting);
  if (named) return { variant: named, note: `${named.name}, as the name of ${lorat.name} says` };
  const names = fitting.map(({ name }) => name).join(" and ");
  throw new LoratError(
    "WEIGHTS_VARIANT_OPEN",
    `${lorat.path} fits ${names}: neither its tensors nor its name tell which it was trained as`,
    { hint: `Say which with --variant ${fitting[0]!.name} or another of these.` },
  );
}

function assignRoles(all: readonly ConvertInput[]) {
  const bases = all.filter(({ profile }) => profile.kind === "dinov2");
  const own = all.filter(({ profile }) => profile.kind !== "dinov2");
  const [dinov2] = bases;
  const [lorat] = own;
  if (all.length === 0 || bases.length > 1 || own.length > 1) {
    const found = all.map(({ name, profile }) => `${name} (${profile.kind})`).join(", ") || "none";
    throw new LoratError(
      "CONVERT_FILES",
      `a model is made from one DINOv2 file, one LoRAT file, or one of each; given: ${found}`,
    );
  }
  if (lorat?.profile.kind === "lorat-trainable" && !dinov2) {
    throw new LoratError(
      "CONVERT_BASE_MISSING",
      `${lorat.path} holds only what LoRAT trains, not the DINOv2 that it was trained on`,
      {
        hint: `Give the DINOv2 file as well: dinov2_vit${letterOf(lorat.profile)}14_pretrain.pth.`,
      },
    );
  }
  return { lorat, dinov2 };
}

function remarks({ lorat, dinov2 }: Pick<ConvertInputs, "lorat" | "dinov2">): string[] {
  const out: string[] = [];
  if (lorat && dinov2 && lorat.profile.kind !== "lorat-trainable") {
    out.push(`${dinov2.name} was not needed: ${lorat.name} holds the whole model`);
  }
  if (lorat?.profile.adapters && !lorat.file.entries.has("lora_alpha")) {
    out.push(
      `${lorat.name} does not say how its adapters are scaled: 1 was taken, which is right where alpha equals the rank`,
    );
  }
  return out;
}

function letterOf({ dim }: WeightsProfile): string {
  return (
    new Map([
      [384, "s"],
      [768, "b"],
      [1024, "l"],
      [1536, "g"],
    ]).get(dim) ?? "{s,b,l,g}"
  );
}
