/** How a container says that a picture is to be shown: turned clockwise, then mirrored left to right. */
export interface Orientation {
  readonly rotation: 0 | 90 | 180 | 270;
  readonly flip: boolean;
}

/**
 * Turns and mirrors a `width` x `height` picture of 4-byte pixels into `target`, which is `height` wide where
 * `rotation` is 90 or 270.
 */
export function orientPixels(
  source: Uint8Array,
  width: number,
  height: number,
  { rotation, flip }: Orientation,
  target: Uint8Array,
): void {
  const from = new Uint32Array(source.buffer, source.byteOffset, width * height);
  const to = new Uint32Array(target.buffer, target.byteOffset, width * height);
  const quarter = rotation % 180 !== 0;
  const outWidth = quarter ? height : width;
  const outHeight = quarter ? width : height;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const u = flip ? outWidth - 1 - x : x;
      let sourceX = u;
      let sourceY = y;
      if (rotation === 90) {
        sourceX = y;
        sourceY = height - 1 - u;
      } else if (rotation === 180) {
        sourceX = width - 1 - u;
        sourceY = height - 1 - y;
      } else if (rotation === 270) {
        sourceX = width - 1 - y;
        sourceY = u;
      }
      to[y * outWidth + x] = from[sourceY * width + sourceX]!;
    }
  }
}
