import { toPlainError } from "../../threads/thread-error.ts";
import { measureForward } from "./forward.ts";
import type { ChildJob, ChildNews, RunProgress } from "./job.ts";
import { measureManyFrames } from "./many-frames.ts";
import { measureTraining } from "./training.ts";

/** A measuring process, whose memory is the measurement's alone: takes one job from its parent, sends news, and ends with the parent. */
function measure(job: ChildJob, onRun: RunProgress) {
  if (job.kind === "forward") return measureForward(job, onRun);
  return job.kind === "training" ? measureTraining(job, onRun) : measureManyFrames(job, onRun);
}

const tell = (news: ChildNews) => process.send!(news);
process.once("message", async (job: ChildJob) => {
  try {
    const figures = await measure(job, (done, total) => tell({ kind: "progress", done, total }));
    tell({ kind: "figures", figures });
  } catch (error) {
    tell({ kind: "error", error: toPlainError(error) });
  }
  process.disconnect();
});
process.on("disconnect", () => process.exit()); // the parent is gone, or everything is said
