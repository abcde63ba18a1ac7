import { toPlainError } from "../media/thread-error.ts";
import { measureForward } from "./forward.ts";
import type { ProfileJob, ProfileNews } from "./job.ts";
import { measureTraining } from "./training.ts";

/** Measures in a process of its own, whose memory is then the measurement's alone. Takes a job, sends news. */
process.once("message", async (job: ProfileJob) => {
  const onRun = (done: number, total: number) => tell({ kind: "progress", done, total });
  try {
    const figures =
      job.kind === "forward" ? await measureForward(job, onRun) : await measureTraining(job, onRun);
    tell({ kind: "figures", figures });
  } catch (error) {
    tell({ kind: "error", error: toPlainError(error) });
  }
  process.disconnect();
});
process.on("disconnect", () => process.exit()); // the parent is gone, or everything is said

function tell(news: ProfileNews): void {
  process.send!(news);
}
