import type { Box } from "@lorat/core";
import { LoratError } from "@lorat/graph";

/**
 * Why `box` cannot start a target, or undefined when it can: `BOX_MALFORMED` (a value is not finite), `BOX_EMPTY`
 * (no width or height), `BOX_OUTSIDE` (no pixel of it in the image, where `image` is given). A box partly outside
 * is a usable one.
 */
export function boxProblem(box: Box, image?: { width: number; height: number }): LoratError | undefined {
  const { x, y, width, height } = box;
  const shown = `${x},${y},${width},${height}`;
  if (![x, y, width, height].every(Number.isFinite)) {
    return new LoratError("BOX_MALFORMED", `the box ${shown} holds a value that is not a finite number`);
  }
  if (width <= 0 || height <= 0) {
    return new LoratError(
      "BOX_EMPTY",
      `the box ${shown} is ${width} wide and ${height} high, both must be above 0`,
      {
        hint: "Boxes are x,y,width,height in pixels, not two corners.",
      },
    );
  }
  if (image && (x >= image.width || y >= image.height || x + width <= 0 || y + height <= 0)) {
    return new LoratError(
      "BOX_OUTSIDE",
      `the box ${shown} lies outside the ${image.width}x${image.height} image`,
      {
        hint: "Boxes are x,y,width,height in pixels from the top-left corner of the image.",
      },
    );
  }
  return undefined;
}
