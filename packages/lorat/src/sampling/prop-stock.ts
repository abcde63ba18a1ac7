import type { Frame } from "@lorat/core";
import { createRandom, type Random } from "@lorat/core/training";
import { inventBackdrop } from "../synth/backdrop.ts";
import type { Cast } from "../synth/compose.ts";
import { anyLook, type DomainName, domains } from "../synth/domain.ts";
import { inventObject, photoSurface, proceduralSurface } from "../synth/object.ts";
import { makeSprite, type Sprite } from "../synth/sprite.ts";
import type { DataManifest } from "./data-manifest.ts";
import type { FrameStore } from "./frame-store.ts";

/** Invented shapes, and dresses of each: inventing takes longer than drawing, so both come from a finite stock. */
const SHAPES = 1024;
const DRESSES = 4;
const BACKDROPS = 96;
const OBJECT_PX = 72;
/** Seed of the stock; clips are synthesised from other seeds. */
const STOCK_SEED = 0x5eed;

/** What training scenes are put together from. What a number stands for never depends on what was asked before. */
interface PropStock {
  cast(random: Random): Promise<Cast>;
  background(random: Random): Promise<Frame>;
}

/** Props out of cut-outs, photographs and inventions; each is made once and kept. */
export function createPropStock(
  store: FrameStore,
  manifest: DataManifest,
  backdropSize: readonly [number, number],
  domain?: DomainName,
): PropStock {
  const { photos, cutouts } = domain ? { photos: [], cutouts: [] } : manifest;
  const look = domain ? domains[domain].look : anyLook;
  const stock = new Map<number, Promise<Sprite>>();
  const backdrops = new Map<number, Frame>();

  const cutout = (file: number) => keep(stock, -1 - file, async () => makeSprite(await store.get(file)));
  const invented = (shape: number, dress: number) =>
    keep(stock, shape * DRESSES + dress, async () => {
      const random = createRandom(STOCK_SEED, 1, shape, dress);
      const dressed = photos.length > 0 && random.chance(0.5);
      const surface = dressed
        ? photoSurface(random, await store.get(random.choice(photos)))
        : proceduralSurface(random, look);
      return inventObject(createRandom(STOCK_SEED, 2, shape), OBJECT_PX, surface);
    });
  const any = (random: Random): Promise<Sprite> =>
    cutouts.length > 0 && random.chance(0.5)
      ? cutout(random.choice(cutouts))
      : invented(random.integer(SHAPES), random.integer(DRESSES));

  return {
    async cast(random) {
      const others = Promise.all([any(random), any(random)]);
      if (cutouts.length > 0 && random.chance(0.5)) {
        const target = await cutout(random.choice(cutouts));
        // The same picture again, told apart by its light, size and turn.
        return { target, twins: [target], others: await others };
      }
      const shape = random.integer(SHAPES);
      const dresses = random.permutation(DRESSES);
      const [target, ...twins] = await Promise.all(
        dresses.slice(0, 3).map((dress) => invented(shape, dress)),
      );
      return { target: target!, twins, others: await others };
    },
    async background(random) {
      if (photos.length > 0 && random.chance(0.9)) return store.get(random.choice(photos));
      const number = random.integer(BACKDROPS);
      let backdrop = backdrops.get(number);
      if (!backdrop) {
        backdrop = inventBackdrop(createRandom(STOCK_SEED, 3, number), ...backdropSize, { look });
        backdrops.set(number, backdrop);
      }
      return backdrop;
    },
  };
}

function keep(
  stock: Map<number, Promise<Sprite>>,
  key: number,
  make: () => Promise<Sprite>,
): Promise<Sprite> {
  let sprite = stock.get(key);
  if (!sprite) {
    sprite = make();
    stock.set(key, sprite);
  }
  return sprite;
}
