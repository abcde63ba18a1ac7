import { toPlainError } from "../../threads/thread-error.ts";
import type { ChildNews, RunProgress } from "./job.ts";

/** The whole of a measuring child: takes one job from its parent, sends news, and ends with the parent. */
export function answerJob<Job, Figures>(measure: (job: Job, onRun: RunProgress) => Promise<Figures>): void {
  const tell = (news: ChildNews<Figures>) => process.send!(news);
  process.once("message", async (job: Job) => {
    try {
      const figures = await measure(job, (done, total) => tell({ kind: "progress", done, total }));
      tell({ kind: "figures", figures });
    } catch (error) {
      tell({ kind: "error", error: toPlainError(error) });
    }
    process.disconnect();
  });
  process.on("disconnect", () => process.exit()); // the parent is gone, or everything is said
}
