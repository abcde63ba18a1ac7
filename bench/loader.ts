/**
 * How many training pairs a second the loader makes out of 1280x720 JPEG files, by itself: decoding, crops and the paper's
 * augmentation at the geometry of a variant; and what each part takes.
 *
 *   npm run build && node scripts/run.mjs bench/loader.ts [--variant B-224] [--batch 16] [--workers 1,2] [--windows 12]
 *     [--window-batches 6] [--files 160] [--pictures DIR] [--json FILE]
 *
 * Pairs a processor second count the time of all threads, so they tell something on a machine that others use too.
 * Pictures are cut out of photographs under --pictures (default ../shared/data/train/images, where it exists), otherwise
 * invented with noise.
 */
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Corners, createRandom, imageMean, variantNamed } from "@lorat/core";
import sharp from "sharp";
import { flipHorizontally, jitterColor, type Planes } from "../packages/lorat/src/sampling/augment.ts";
import { paperAugmentation } from "../packages/lorat/src/sampling/crop-augmentation.ts";
import { createLoader } from "../packages/lorat/src/sampling/loader.ts";
import { readFrame } from "../packages/lorat/src/sampling/read-frame.ts";
import { allocateBatch, drawColorJitter, SampleWriter } from "../packages/lorat/src/sampling/sample.ts";
import { type ThreeAugment, threeAugment } from "../packages/lorat/src/sampling/three-augment.ts";
import type { DatasetPairs } from "../packages/lorat/src/sampling/training-data.ts";
import { inventBackdrop } from "../packages/lorat/src/synth/backdrop.ts";
import { cropGeometry } from "../packages/lorat/src/trainer/run-config.ts";

const { values } = parseArgs({
  options: {
    variant: { type: "string", default: "B-224" },
    batch: { type: "string", default: "16" },
    workers: { type: "string", default: "1,2" },
    windows: { type: "string", default: "12" },
    "window-batches": { type: "string", default: "6" },
    files: { type: "string", default: "160" },
    pictures: { type: "string", default: "../shared/data/train/images" },
    worker: { type: "string", default: "packages/lorat/dist/sampling/loader-worker.js" },
    json: { type: "string" },
  },
});
const [width, height, framesPerClip] = [1280, 720, 10];
const batchSize = Number(values.batch);
const geometry = cropGeometry({ variant: variantNamed(values.variant) } as Parameters<
  typeof cropGeometry
>[0]);

/** Clips that pan over a picture each, with a box; returns what is in them. */
async function makeClips(folder: string) {
  const photos = await listPhotos(resolve(values.pictures));
  const files: { readonly path: string; readonly box: Corners }[] = [];
  for (let clip = 0; files.length < Number(values.files); clip++) {
    const random = createRandom(clip);
    const scene = await scenery(photos[(clip * 37) % Math.max(photos.length, 1)], random);
    const at = join(folder, `clip${clip}`);
    await mkdir(at, { recursive: true });
    const boxes: string[] = [];
    for (let frame = 0; frame < framesPerClip; frame++) {
      const path = join(at, `${String(frame + 1).padStart(8, "0")}.jpg`);
      await sharp(scene.data, { raw: scene.info })
        .extract({ left: 20 * frame, top: 10 * frame, width, height })
        .jpeg({ quality: 90 })
        .toFile(path);
      const [w, h] = [random.logUniform(40, 320), random.logUniform(40, 240)];
      const [x, y] = [random.uniform(0, width - w), random.uniform(0, height - h)];
      boxes.push([x, y, w, h].map((value) => value.toFixed(2)).join(","));
      files.push({ path, box: [x, y, x + w, y + h] });
    }
    await writeFile(join(at, "groundtruth.txt"), `${boxes.join("\n")}\n`);
  }
  return { files, photographs: photos.length > 0 };
}

async function listPhotos(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries
    .filter((name) => /\.jpe?g$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** A picture with room to pan: a photograph, or an invention with a camera's noise. */
async function scenery(photo: string | undefined, random: ReturnType<typeof createRandom>) {
  const [roomyWidth, roomyHeight] = [width + 20 * framesPerClip, height + 10 * framesPerClip];
  if (photo) {
    const resized = sharp(photo).resize(roomyWidth, roomyHeight).toColourspace("srgb").removeAlpha();
    const { data, info } = await resized.raw().toBuffer({ resolveWithObject: true });
    return { data, info: { width: info.width, height: info.height, channels: 3 as const } };
  }
  const { data } = inventBackdrop(random, roomyWidth, roomyHeight);
  for (let i = 0; i < data.length; i++) data[i] = data[i]! + random.normal(0, 3);
  return { data, info: { width: roomyWidth, height: roomyHeight, channels: 3 as const } };
}

const quantile = (numbers: readonly number[], share: number) =>
  [...numbers].sort((a, b) => a - b)[Math.round(share * (numbers.length - 1))]!;
const spread = (numbers: readonly number[], digits = 1) =>
  [0.5, 0.1, 0.9].map((share) => quantile(numbers, share).toFixed(digits)).join(" / ");

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function measureLoader(folder: string, workers: number) {
  const data: DatasetPairs = {
    kind: "datasets",
    sets: [{ dataset: `folder:${folder}` }],
    samplesPerEpoch: 4096,
    maxGap: 100,
    mode: "interval",
    augmentation: paperAugmentation,
    maxUnreadableShare: 0,
  };
  const workerFile = pathToFileURL(resolve(values.worker));
  const loader = createLoader({ geometry, data, batchSize, seed: 1, workers, workerFile });
  try {
    for (let i = 0; i < 4 * workers; i++) await loader.next();
    const perSecond: number[] = [];
    const perCpuSecond: number[] = [];
    const perWindow = Number(values["window-batches"]);
    for (let window = 0; window < Number(values.windows); window++) {
      const [wall, cpu] = [performance.now(), cpuSeconds()];
      for (let i = 0; i < perWindow; i++) await loader.next();
      perSecond.push((perWindow * batchSize * 1000) / (performance.now() - wall));
      perCpuSecond.push((perWindow * batchSize) / (cpuSeconds() - cpu));
    }
    return { workers, perSecond, perCpuSecond };
  } finally {
    await loader.dispose();
  }
}

/** Processor milliseconds of one call: median and tenth to ninetieth percentile of twelve rounds. */
async function part(name: string, count: number, run: (i: number) => unknown) {
  const ms: number[] = [];
  for (let round = -2; round < 12; round++) {
    const cpu = cpuSeconds();
    for (let i = 0; i < count; i++) await run(i);
    if (round >= 0) ms.push(((cpuSeconds() - cpu) * 1000) / count);
  }
  console.log(`  ${name.padEnd(44)} ${spread(ms, 2)} ms`);
  return { name, ms };
}

async function measureParts(files: Awaited<ReturnType<typeof makeClips>>["files"]) {
  sharp.concurrency(1);
  sharp.cache(false);
  const some = files.filter((_, i) => i % Math.ceil(files.length / 16) === 0);
  const frames = await Promise.all(some.map(({ path }) => readFrame(path)));
  const views = frames.map((frame, i) => {
    return { frame, padding: imageMean(frame), box: some[i]!.box, present: true };
  });
  const batch = allocateBatch(views.length, geometry);
  const none = [0, 0] as const;
  const plain = { ...paperAugmentation, flip: none, colorJitter: none, threeAugment: none };
  const write = (writer: SampleWriter) => (i: number) =>
    writer.write({ template: views[i]!, search: views[i]! }, createRandom(i), 1, batch, i);
  const random = createRandom(9);
  const crops: Planes[] = [geometry.templateSizePx, geometry.searchSizePx].map((side) => {
    const photo = views[0]!.frame.data;
    const data = Float32Array.from({ length: 3 * side * side }, (_, i) => photo[i]! / 255);
    return { data, width: side, height: side };
  });
  const both = (operation: (crop: Planes) => void) => () => crops.forEach(operation);
  const three = (augment: ThreeAugment) => both((crop) => threeAugment(crop, augment));
  console.log(
    "processor time, median / tenth / ninetieth percentile; crops: template and search of one pair",
  );
  const n = views.length;
  return [
    await part("read and decode one picture", n, (i) => readFrame(some[i]!.path)),
    await part("mean of one picture", n, (i) => imageMean(frames[i]!)),
    await part("crops and labels, no augmentation", n, write(new SampleWriter(geometry, plain))),
    await part("crops and labels, all augmentation", n, write(new SampleWriter(geometry, paperAugmentation))),
    await part("  of it: flips", n, both(flipHorizontally)),
    await part(
      "  of it: colour jitter",
      n,
      both((crop) => jitterColor(crop, drawColorJitter(random))),
    ),
    await part("  of a third of them: greyscale", n, three({ kind: "greyscale" })),
    await part("  of a third of them: solarise", n, three({ kind: "solarise" })),
    await part("  of a third of them: blur", n, three({ kind: "blur", radius: 1 })),
    await part(`memory of a batch of ${batchSize}`, 4, () => allocateBatch(batchSize, geometry)),
  ];
}

const folder = await mkdtemp(join(tmpdir(), "lorat-bench-loader-"));
process.env.LORAT_CACHE = join(folder, "cache");
try {
  const { files, photographs } = await makeClips(join(folder, "clips"));
  const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
  const kilobytes = sizes.reduce((a, b) => a + b, 0) / sizes.length / 1000;
  console.log(
    `${files.length} JPEG files of ${width}x${height}, quality 90, ${photographs ? "from photographs" : "invented"}, ${kilobytes.toFixed(0)} kB each; ${values.variant}, batches of ${batchSize}; load ${loadavg()[0]!.toFixed(1)}`,
  );
  const parts = await measureParts(files);
  const loaders: Awaited<ReturnType<typeof measureLoader>>[] = [];
  console.log("the loader alone, median / tenth / ninetieth percentile of the windows");
  for (const workers of values.workers.split(",").map(Number)) {
    const measured = await measureLoader(join(folder, "clips"), workers);
    loaders.push(measured);
    console.log(
      `  ${workers} worker${workers === 1 ? " " : "s"}  ${spread(measured.perSecond)} pairs a second, ${spread(measured.perCpuSecond)} a processor second, load ${loadavg()[0]!.toFixed(1)}`,
    );
  }
  if (values.json) {
    const figures = { variant: values.variant, batchSize, files: files.length, kilobytes, parts, loaders };
    await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
