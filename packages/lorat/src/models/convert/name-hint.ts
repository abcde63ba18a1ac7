import { basename, dirname, resolve } from "node:path";
import { searchSizePx, type Variant } from "@lorat/core/model";

/**
 * Which of the variants that fit a file its name means, or its folder's: `base-378.bin`, `LoRAT-B-224/model.safetensors`. The
 * authors' own names without a number (`base.bin`) are those of 224 pixels. Undefined where neither tells.
 */
export function variantByName(path: string, fitting: readonly Variant[]): Variant | undefined {
  const name = basename(path);
  for (const text of [name, basename(dirname(resolve(path)))]) {
    const named = fitting.filter((variant) =>
      new RegExp(`(?<!\\d)${searchSizePx(variant)}(?!\\d)`).test(text),
    );
    if (named.length === 1) return named[0];
    if (named.length > 1) return undefined;
  }
  if (!/^(base|large|giant)\.bin$/.test(name)) return undefined;
  return fitting.find((variant) => searchSizePx(variant) === 224);
}
