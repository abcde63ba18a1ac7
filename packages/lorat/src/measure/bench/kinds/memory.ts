import { builtFile } from "../../../threads/built-file.ts";
import { forkJob } from "../../profile/run-child.ts";
import type { BenchContext } from "../context.ts";
import type { MemoryFigures, MemoryJob } from "../memory-job.ts";
import type { Suite } from "../suite.ts";

/** Whether memory stays flat: 20,000 frames through one tracker of `nano`, then 200 trackers opened and disposed of. */
export async function* memorySuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  const { quick, threads, signal, onStage } = context;
  const [frames, settled, trackers] = quick ? [40, 20, 4] : [20_000, 500, 200];
  const job: MemoryJob = {
    model: "nano",
    frames,
    settled,
    trackers,
    threads,
  };
  const found = await forkJob<MemoryFigures>(job, "memory over many frames", {
    script: builtFile("measure/bench/memory-child"),
    signal,
    onRun: (done, total) => onStage(`memory ${done}/${total}`),
  });
  const { settled: before, afterFrames, firstTrackers, afterTrackers } = found;
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
    ],
  };
}
