import { add, concat, float32, matmul, mul, reshape, slice, sub, transpose, type Value } from "@lorat/graph";
import type { ModelConfig } from "./config.ts";
import type { ParameterScope } from "./scope.ts";
import { sinCosPositions } from "./sincos.ts";
import { convStem, STEM_STRIDE } from "./stem.ts";

/**
 * Patch embedding: a convolution whose stride is its kernel, written as one matrix product.
 * pixels: `[batch, 3, grid * patch, grid * patch]`; the result `[batch, grid ** 2, dim]`, rows of the grid first.
 */
export function patchEmbedding(pixels: Value, at: ParameterScope, { variant }: ModelConfig): Value {
  const { dim } = variant;
  const patchSize = variant.stem === "conv" ? variant.patchSize / STEM_STRIDE : variant.patchSize;
  const [batch, channels, height] = pixels.shape as [number, number, number, number];
  const grid = height / patchSize;
  const cells = reshape(pixels, [batch, channels, grid, patchSize, grid, patchSize]);
  const perPatch = channels * patchSize ** 2;
  const patches = reshape(transpose(cells, [0, 2, 4, 1, 3, 5]), [batch, grid ** 2, perPatch]);
  const weight = at.parameter("weight", [dim, channels, patchSize, patchSize]);
  return add(matmul(patches, transpose(reshape(weight, [dim, perPatch]))), at.parameter("bias", [dim]));
}

/** Tokens of a crop, `[batch, grid ** 2, dim]`: patches of its pixels, or of what the stem makes of them. */
export function cropTokens(pixels: Value, at: ParameterScope, config: ModelConfig): Value {
  const features = config.variant.stem === "conv" ? convStem(pixels, at.child("stem")) : pixels;
  return patchEmbedding(features, at.child("patch_embed").child("proj"), config);
}

/** Positions and token types of both inputs, ready to be added to the patch embeddings. */
export interface InputEmbedding {
  /** `[1 or batch, Nz, dim]`. */
  readonly template: Value;
  /** `[1, Nx, dim]`. */
  readonly search: Value;
}

/** The top-left `small x small` corner of a `[1, large ** 2, dim]` table. */
function corner(table: Value, large: number, small: number): Value {
  const dim = table.shape[2]!;
  const grid = reshape(table, [1, large, large, dim]);
  return reshape(slice(slice(grid, 0, small, 1), 0, small, 2), [1, small ** 2, dim]);
}

/** Row `index` of the token types as `[1, 1, dim]`. */
function typeRow(types: Value, index: number): Value {
  return reshape(slice(types, index, index + 1, 0), [1, 1, types.shape[1]!]);
}

/**
 * Decoupled input embedding (paper section 3.2, specification sections 1.2 and 1.3): positions are shared between
 * template and search, the template taking the table's top-left corner; learned token types tell template
 * background (row 0), template foreground (row 1) and search (row 2) apart.
 *
 * @param foreground `[batch, Nz]`, 1 on the template's foreground cells; left out where `embedding` marks none.
 */
export function inputEmbedding(at: ParameterScope, config: ModelConfig, foreground?: Value): InputEmbedding {
  const { templateGrid, searchGrid, dim } = config.variant;
  const { graph } = at;
  switch (config.embedding) {
    case "separate":
      return {
        template: at.parameter("z_pos_embed", [1, templateGrid ** 2, dim]),
        search: at.parameter("x_pos_embed", [1, searchGrid ** 2, dim]),
      };
    case "sincos": {
      const table = (grid: number) =>
        graph.constant(float32(sinCosPositions({ width: grid, height: grid }, dim), [1, grid ** 2, dim]));
      return { template: table(templateGrid), search: table(searchGrid) };
    }
    default: {
      const positions = at.parameter("pos_embed", [1, searchGrid ** 2, dim]);
      const template = corner(positions, searchGrid, templateGrid);
      if (config.embedding === "shared") return { template, search: positions };
      if (config.embedding === "type") {
        const types = at.parameter("token_type_embed", [2, dim]);
        return { template: add(template, typeRow(types, 0)), search: add(positions, typeRow(types, 1)) };
      }
      const types = at.parameter("token_type_embed", [3, dim]);
      const mask = reshape(foreground!, [...foreground!.shape, 1]); // [batch, Nz, 1]
      // Picks row 0 or 1 exactly: the mask holds nothing but zeros and ones.
      const kind = add(mul(typeRow(types, 0), sub(1, mask)), mul(typeRow(types, 1), mask));
      return { template: add(template, kind), search: add(positions, typeRow(types, 2)) };
    }
  }
}

/** `[template, search]` on the token axis. */
export function joinTokens(template: Value, search: Value): Value {
  return concat([template, search], 1);
}
