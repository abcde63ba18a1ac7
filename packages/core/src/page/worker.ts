/** The worker of {@link loadWorkerTracker}. */
import { serveTracker } from "./serve-tracker.ts";

serveTracker(globalThis as unknown as Parameters<typeof serveTracker>[0]);
