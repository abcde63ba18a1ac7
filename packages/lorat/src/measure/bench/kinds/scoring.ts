import { join } from "node:path";
import { protocolOf } from "@lorat/core/metrics";
import { openAnnotations } from "../../../datasets/annotations/open-annotations.ts";
import { openResults } from "../../../evaluate/results/open-results.ts";
import { scoreTracker } from "../../../evaluate/score/score-tracker.ts";
import { timed } from "../contender.ts";
import type { BenchContext } from "../context.ts";
import { numpyScoring } from "../peers/numpy.ts";
import { writeScoreFiles } from "../score-files.ts";
import type { Suite } from "../suite.ts";

/** One tracker scored on a made-up benchmark of LaSOT's size, files read included, beside the same in plain numpy. */
export async function* scoringSuites(context: BenchContext): AsyncGenerator<Suite, void, void> {
  const folder = join(context.folder, "scoring");
  const [sequences, frames] = context.quick ? [4, 2000] : [280, 685_000];
  context.onStage("result files");
  await writeScoreFiles(folder, sequences, frames);
  const own = timed(
    {
      name: "lorat",
      tags: {},
      unit: "frame",
      items: frames,
      run: async () => {
        const annotations = await openAnnotations(`lasot:${folder}`);
        const results = await openResults(join(folder, "results"), annotations);
        scoreTracker(annotations, results, protocolOf("toolkit"));
      },
    },
    context.roundMs,
  );
  const { contender, notes } = await numpyScoring(folder, frames, context);
  yield {
    title: `${sequences} sequences, ${frames} frames`,
    contenders: contender ? [own, contender] : [own],
    ratios: contender ? [{ label: "faster than numpy", of: contender.name, to: own.name }] : [],
    notes,
  };
}
