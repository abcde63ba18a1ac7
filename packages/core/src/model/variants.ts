import { LoratError } from "@lorat/graph";
import { z } from "zod";

const count = z.int().positive();

/** Schema of a variant in a file. */
export const variantSchema = z.object({
  name: z.string().min(1),
  /** Width of the tokens. */
  dim: count,
  /** Number of transformer blocks. */
  depth: count,
  heads: count,
  /** Kind of feed-forward: GELU MLP, or SwiGLU as in ViT-g. */
  ffn: z.enum(["gelu", "swiglu"]),
  /** Hidden width of the feed-forward; for SwiGLU the width of one half. */
  hidden: count,
  /** Pixels a side of one token. */
  patchSize: count,
  /** Tokens a side of the template. */
  templateGrid: count,
  /** Tokens a side of the search region. */
  searchGrid: count,
  /** How much context the template crop shows (section 4.1's factor, 2 everywhere). */
  templateAreaFactor: z.number().positive(),
  /** How much context the search crop shows. */
  searchAreaFactor: z.number().positive(),
  /**
   * Where tokens come from: `patch`, the default, embeds patches of pixels as in the paper; `conv` puts a frozen
   * convolutional network before it (`stem.ts`).
   */
  stem: z.enum(["patch", "conv"]).optional(),
  /** `asymmetric` lets template tokens attend to the template alone; default: `joint`, as in the paper. */
  attention: z.enum(["joint", "asymmetric"]).optional(),
  /**
   * Recent views of the target that the search is compared with beside the first frame's template, each of the template's sizes:
   * 0, the default, as in the paper, or 1. Needs asymmetric attention.
   */
  references: z.int().min(0).max(1).optional(),
  /** Share of dropped residual branches in training, the same in every block. */
  dropPath: z.number().min(0).lt(1),
});

/** The sizes that make one LoRAT network (specification section 0, paper table 1). All grids are squares. */
export type Variant = Readonly<z.infer<typeof variantSchema>>;

const vit = {
  S: { dim: 384, depth: 12, heads: 6, ffn: "gelu", hidden: 1536, dropPath: 0 },
  B: { dim: 768, depth: 12, heads: 12, ffn: "gelu", hidden: 3072, dropPath: 0 },
  L: { dim: 1024, depth: 24, heads: 16, ffn: "gelu", hidden: 4096, dropPath: 0.1 },
  g: { dim: 1536, depth: 40, heads: 24, ffn: "swiglu", hidden: 4096, dropPath: 0.4 },
} as const;

const resolution = {
  "224": { patchSize: 14, templateGrid: 8, searchGrid: 16, templateAreaFactor: 2, searchAreaFactor: 4 },
  "378": { patchSize: 14, templateGrid: 14, searchGrid: 27, templateAreaFactor: 2, searchAreaFactor: 5 },
} as const;

/**
 * The project's small default: LoRAT's architecture at a size for one CPU thread, on a convolutional stem as the large ones
 * stand on DINOv2. Template tokens attend to the template alone, so that they are computed once a target.
 */
const nano: Variant = {
  name: "nano",
  dim: 160,
  depth: 4,
  heads: 5,
  ffn: "gelu",
  hidden: 640,
  patchSize: 16,
  // Objects are as large in the template as in the search region: 48 pixels, three cells.
  templateGrid: 6,
  searchGrid: 12,
  templateAreaFactor: 2,
  searchAreaFactor: 4,
  stem: "conv",
  attention: "asymmetric",
  references: 1,
  dropPath: 0,
};

/**
 * The first `nano`: patches of pixels and joint attention, as the paper has them. Folders of its models are read as ever, and its
 * training compares a network without a stem.
 */
const nanoPatch: Variant = {
  name: "nano-patch",
  dim: 192,
  depth: 5,
  heads: 3,
  ffn: "gelu",
  hidden: 768,
  patchSize: 16,
  // Six cells, not five: an odd grid shows boxes of very different shapes as the same foreground mask.
  templateGrid: 6,
  searchGrid: 10,
  // Chosen so that objects are as large in the template as in the search region.
  templateAreaFactor: 2.4,
  searchAreaFactor: 4,
  dropPath: 0,
};

/** Every variant by name: S, B, L and g at 224 and 378 pixels (14-pixel patches), `nano`, and the first `nano` as `nano-patch`. */
export const variants: ReadonlyMap<string, Variant> = new Map(
  [
    ...Object.entries(vit).flatMap(([size, body]) =>
      Object.entries(resolution).map(
        ([pixels, crops]): Variant => ({ name: `${size}-${pixels}`, ...body, ...crops }),
      ),
    ),
    nano,
    nanoPatch,
  ].map((variant) => [variant.name, variant]),
);

/** The variant of that name; throws `VARIANT_UNKNOWN`, naming those that exist. */
export function variantNamed(name: string): Variant {
  const variant = variants.get(name);
  if (!variant) {
    throw new LoratError("VARIANT_UNKNOWN", `there is no variant "${name}"`, {
      hint: `choose one of ${[...variants.keys()].join(", ")}`,
    });
  }
  return variant;
}

/** Views of the target that a search is compared with: the template, and the references. */
export const templateCount = ({ references = 0 }: Pick<Variant, "references">): number => 1 + references;

/** Pixels a side of the template crop. */
export const templateSizePx = (variant: Variant): number => variant.templateGrid * variant.patchSize;
/** Pixels a side of the search crop. */
export const searchSizePx = (variant: Variant): number => variant.searchGrid * variant.patchSize;
