import type { Corners } from "@lorat/core";
import { clipToImage } from "@lorat/core/geometry";
import type { BoxedPhoto } from "../data-manifest.ts";
import type { FrameStore } from "../frame-store.ts";
import type { Source } from "../pair.ts";
import { stillPair } from "./photo-regions.ts";

/** Objects that somebody boxed in photographs; every picture is equally likely, then every box of it that is usable. */
export function boxedPhotos(store: FrameStore, photos: readonly BoxedPhoto[], minSidePx = 14): Source {
  return {
    name: "boxedPhotos",
    size: photos.length,
    async draw(context) {
      const { random } = context;
      const { file, boxes } = random.choice(photos);
      const picture = await store.get(file);
      const usable = boxes
        .map(([x1, y1, x2, y2]): Corners => {
          const { scaleX, scaleY } = picture;
          return clipToImage([x1 * scaleX, y1 * scaleY, x2 * scaleX, y2 * scaleY], picture);
        })
        .filter(([x1, y1, x2, y2]) => {
          const share = ((x2 - x1) * (y2 - y1)) / (picture.width * picture.height);
          return x2 - x1 >= minSidePx && y2 - y1 >= minSidePx && share < 0.8;
        });
      if (usable.length === 0) return undefined;
      // A crop of a large object is mostly padding: a small one is taken more often where there is a choice.
      const weights = usable.map(
        ([x1, y1, x2, y2]) => 1 / (0.05 + ((x2 - x1) * (y2 - y1)) / (picture.width * picture.height)),
      );
      return stillPair(picture, usable[random.weighted(weights)]!, context);
    },
  };
}
