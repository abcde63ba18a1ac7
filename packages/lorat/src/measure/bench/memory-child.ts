import { answerJob } from "../profile/run-child.ts";
import { measureMemory } from "./memory-job.ts";

/** Looks at memory in a process of its own. */
answerJob(measureMemory);
