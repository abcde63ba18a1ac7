import { measureForward } from "./forward.ts";
import type { ProfileFigures, ProfileJob } from "./job.ts";
import { answerJob } from "./run-child.ts";
import { measureTraining } from "./training.ts";

/** Measures in a process of its own, whose memory is then the measurement's alone. */
answerJob<ProfileJob, ProfileFigures>((job, onRun) =>
  job.kind === "forward" ? measureForward(job, onRun) : measureTraining(job, onRun),
);
