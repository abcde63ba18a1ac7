import type { ManyFramesJob } from "../../child/job.ts";
import { runChild } from "../../child/run-child.ts";
import type { BenchContext } from "../context.ts";
import type { Suite } from "../suite.ts";

/** Frames of eight hours at thirty a second. */
const EIGHT_HOURS = 8 * 3600 * 30;

/**
 * Whether memory stays flat: 20,000 frames through one tracker of `nano`, 200 trackers opened and disposed of, eight hours'
 * worth of frames at 3840 x 2160, and ten trackers side by side.
 */
export async function* memorySuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  const { quick, threads, signal, onStage } = context;
  const [frames, settled, trackers] = quick ? [40, 20, 4] : [20_000, 500, 200];
  const job: ManyFramesJob = {
    kind: "many-frames",
    model: "nano",
    frames,
    settled,
    trackers,
    threads,
    largeFrames: quick ? 20 : EIGHT_HOURS,
    together: quick ? 2 : 10,
    togetherFrames: quick ? 10 : 2000,
  };
  const found = await runChild(job, {
    signal,
    onRun: (done, total) => onStage(`memory ${done}/${total}`),
  });
  const { settled: before, afterFrames, firstTrackers, afterTrackers } = found;
  const { firstLarge, afterLarge, firstTogether, afterTogether } = found;
  yield {
    title: "nano",
    contenders: [],
    memory: [
      {
        label: `one tracker: resident after ${settled} and after ${frames} frames`,
        bytes: { before, after: afterFrames, grown: afterFrames - before },
      },
      {
        label: `trackers opened and disposed of: resident after ${Math.ceil(trackers / 10)} and after ${trackers}`,
        bytes: { before: firstTrackers, after: afterTrackers, grown: afterTrackers - firstTrackers },
      },
      {
        label: `3840 x 2160: resident after ${Math.ceil(job.largeFrames / 100)} and after ${job.largeFrames} frames`,
        bytes: { before: firstLarge, after: afterLarge, grown: afterLarge - firstLarge },
      },
      {
        label: `${job.together} trackers at once: resident after ${Math.ceil(job.togetherFrames / 10)} and after ${job.togetherFrames} frames`,
        bytes: { before: firstTogether, after: afterTogether, grown: afterTogether - firstTogether },
      },
    ],
  };
}
