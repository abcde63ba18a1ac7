import type { Frame } from "@lorat/core";
import { Cropper, cropParameters } from "@lorat/core/geometry";
import { searchSizePx, type Variant } from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import sharp from "sharp";
import { type Contender, timed } from "../contender.ts";
import type { BenchContext } from "../context.ts";
import type { RatioWish, Suite } from "../suite.ts";

/** Sides of a square target, pixels. */
const targets = [24, 48, 96, 144];
/** Crops of one run: a single one is too short for a clock. */
const crops = 10;
const padding = [124, 116, 104] as const;

/** One search crop out of a 1280x720 frame, beside resizing the whole frame to the crop's scale: by the same code, and by sharp. */
export async function* cropSuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  const frame = noise(1280, 720);
  for (const variant of context.variants) {
    for (const side of context.quick ? targets.slice(1, 2) : targets)
      yield cropSuite(variant, side, frame, context);
  }
}

function cropSuite(variant: Variant, side: number, frame: Frame, { roundMs }: BenchContext): Suite {
  const size = searchSizePx(variant);
  const wished = (shift: number) =>
    cropParameters([500 + shift, 300, 500 + shift + side, 300 + side], variant.searchAreaFactor, {
      width: size,
      height: size,
    });
  const scale = wished(0).scaleX;
  const [width, height] = [frame.width, frame.height].map((length) => Math.round(length * scale)) as [
    number,
    number,
  ];
  const tags = { variant: variant.name, side };
  const cropper = new Cropper({ width: size, height: size });
  const crop = new Float32Array(cropper.length);
  const own = timed(
    {
      name: `crop ${size}x${size}`,
      tags,
      unit: "crop",
      items: crops,
      run: () => {
        for (let i = 0; i < crops; i++) cropper.crop(frame, wished(i), padding, crop);
      },
    },
    roundMs,
  );
  const whole = new Cropper({ width, height });
  const pixels = new Float32Array(whole.length);
  const fit = { scaleX: scale, scaleY: scale, translationX: 0, translationY: 0 };
  const same = wholeFrame("whole frame by the same code", tags, roundMs, () =>
    whole.crop(frame, fit, padding, pixels),
  );
  const raw = { raw: { width: frame.width, height: frame.height, channels: frame.channels } };
  const bySharp = wholeFrame("whole frame by sharp", tags, roundMs, () =>
    sharp(frame.data, raw).resize(width, height, { fit: "fill", kernel: "linear" }).raw().toBuffer(),
  );
  const ratios = [same, bySharp].map(
    ({ name }): RatioWish => ({ label: `faster than the ${name}`, of: name, to: own.name, per: "item" }),
  );
  const title = `${variant.name}, target of ${side} px, whole frame to ${width}x${height}`;
  return { title, contenders: [own, same, bySharp], ratios };
}

function wholeFrame(name: string, tags: Contender["tags"], roundMs: number, run: () => unknown): Contender {
  return timed({ name, tags, unit: "frame", items: 1, run }, roundMs);
}

function noise(width: number, height: number): Frame {
  const random = createRandom(1);
  const data = Uint8Array.from({ length: width * height * 4 }, () => random.integer(256));
  return { width, height, channels: 4, data };
}
