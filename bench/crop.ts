/**
 * Time of one 192 x 192 search crop out of a 1280 x 720 frame, beside resizing the whole frame to the crop's scale with the
 * same code. After `npm run build`: `node bench/crop.ts` (Node 22.18 or later; with Node 20
 * `npx esbuild bench/crop.ts --bundle --platform=node --format=esm --packages=external | node --input-type=module`).
 */
import { Cropper, cropParameters, type Frame } from "@lorat/core";

const SIZE = 192;
const AREA_FACTOR = 4;
const RUNS = 400;

function noise(width: number, height: number, channels: 3 | 4): Frame {
  let state = 1;
  const data = Uint8Array.from({ length: width * height * channels }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { width, height, channels, data };
}

/** Median, tenth and ninetieth percentile in milliseconds, after a warm-up of the same length. */
function measure(runs: number, body: (run: number) => void): string {
  const times: number[] = [];
  for (let run = 0; run < runs * 2; run++) {
    const start = performance.now();
    body(run);
    if (run >= runs) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))]!.toFixed(2);
  return `${at(0.5)} ms (${at(0.1)} to ${at(0.9)})`;
}

for (const channels of [4, 3] as const) {
  const frame = noise(1280, 720, channels);
  for (const side of [24, 60, 150]) {
    const crop = new Cropper(SIZE, SIZE);
    const target = new Float32Array(crop.length);
    const around = (run: number) => {
      const x = 500 + (run % 16);
      return cropParameters([x, 300, x + side, 300 + side], AREA_FACTOR, SIZE, SIZE);
    };
    const cropTime = measure(RUNS, (run) => crop.crop(frame, around(run), [124, 116, 104], target));

    const scale = around(0).scaleX;
    const whole = new Cropper(Math.round(frame.width * scale), Math.round(frame.height * scale));
    const wholeTarget = new Float32Array(whole.length);
    const fit = { scaleX: scale, scaleY: scale, translationX: 0, translationY: 0 };
    const wholeTime = measure(20, () => whole.crop(frame, fit, [124, 116, 104], wholeTarget));

    console.log(
      `${channels} channels, target ${side} px: crop ${cropTime}; whole frame to ${whole.width} x ${whole.height} ${wholeTime}`,
    );
  }
}
