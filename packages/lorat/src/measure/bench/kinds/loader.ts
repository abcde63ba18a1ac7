import { join } from "node:path";
import type { Corners } from "@lorat/core";
import { imageMean } from "@lorat/core/geometry";
import { mergedConfig, type Variant } from "@lorat/core/model";
import { createRandom } from "@lorat/core/training";
import { cropGeometry } from "../../../runs/run-config.ts";
import { paperAugmentation } from "../../../sampling/crop-augmentation.ts";
import { readFrame } from "../../../sampling/frame-store.ts";
import { createLoader } from "../../../sampling/loader.ts";
import { allocateBatch, SampleWriter } from "../../../sampling/sample.ts";
import type { DatasetPairs } from "../../../sampling/training-data.ts";
import { timeOf } from "../../timing.ts";
import { type Contender, timed } from "../contender.ts";
import type { BenchContext } from "../context.ts";
import { writeJpegClips } from "../jpeg-clips.ts";
import type { Suite } from "../suite.ts";

const batchSize = 16;
/** Batches of one run. */
const batches = 6;

/** Training pairs out of 1280x720 JPEG files with the paper's augmentation, by worker threads, and what the parts take. */
export async function* loaderSuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  const folder = join(context.folder, "clips");
  context.onStage("pictures");
  const paths = await writeJpegClips(folder, context.quick ? 1 : 16);
  for (const variant of context.variants) {
    const workers = context.quick ? [0] : [1, 2];
    const loaders = workers.map((count) => loaderContender(variant, folder, count));
    yield { title: `${variant.name}, batches of ${batchSize}`, contenders: loaders };
    yield { title: `${variant.name}, parts`, contenders: await parts(variant, paths, context) };
  }
}

function loaderContender(variant: Variant, folder: string, workers: number): Contender {
  const data: DatasetPairs = {
    kind: "datasets",
    sets: [{ dataset: `folder:${folder}` }],
    samplesPerEpoch: 4096,
    maxGap: 100,
    mode: "interval",
    augmentation: paperAugmentation,
    maxUnreadableShare: 0,
  };
  const loader = createLoader({
    geometry: cropGeometry(mergedConfig(variant)),
    data,
    batchSize,
    seed: 1,
    workers,
  });
  const take = async (count: number) => {
    for (let i = 0; i < count; i++) await loader.next();
  };
  return {
    name: workers === 0 ? "in the calling thread" : `${workers} worker${workers === 1 ? "" : "s"}`,
    tags: { variant: variant.name, workers },
    unit: "pair",
    items: batches * batchSize,
    measure: async () => {
      await take(workers === 0 ? 0 : workers + 2); // made ahead while others were measured
      return [await timeOf(() => take(batches))];
    },
    dispose: () => loader.dispose(),
  };
}

async function parts(
  variant: Variant,
  paths: readonly string[],
  { roundMs }: BenchContext,
): Promise<Contender[]> {
  const geometry = cropGeometry(mergedConfig(variant));
  const frame = await readFrame(paths[0]!);
  const box: Corners = [500, 300, 640, 420];
  const view = { frame, padding: imageMean(frame), box, present: true };
  const batch = allocateBatch(1, geometry);
  const none = [0, 0] as const;
  const plain = { ...paperAugmentation, flip: none, colorJitter: none, threeAugment: none };
  const part = (name: string, unit: string, count: number, run: (i: number) => unknown) =>
    timed(
      {
        name,
        tags: { variant: variant.name },
        unit,
        items: count,
        run: async () => {
          for (let i = 0; i < count; i++) await run(i);
        },
      },
      roundMs,
    );
  const crops = (name: string, augmentation: typeof paperAugmentation) => {
    const writer = new SampleWriter(geometry, augmentation);
    return part(name, "pair", 8, (i) =>
      writer.write(
        { template: view, search: view },
        { random: createRandom(i), strength: 1, batch, index: 0 },
      ),
    );
  };
  return [
    part("read and decode one picture", "picture", 4, (i) => readFrame(paths[i % paths.length]!)),
    part("mean of one picture", "picture", 8, () => imageMean(frame)),
    crops("crops and labels, no augmentation", plain),
    crops("crops and labels, all augmentation", paperAugmentation),
  ];
}
