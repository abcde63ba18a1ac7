import { type AnyTracker, ownBoxes, type PictureTracker } from "./follow.ts";
import type { TrackerSpec } from "./tracker-spec.ts";

/** A tracker that is ready, and what it takes pictures as. */
export type OpenedTracker = PictureTracker & { dispose(): Promise<void> };

/**
 * Opens a tracker. `threads` are those inside a network's operators. Throws what `loadTracker`, `openNanoTrack` and
 * `openTrackerModule` throw; a command is started at the first sequence, anew for each, so that none depends on those before it.
 */
export async function openTracker(spec: TrackerSpec, threads?: number): Promise<OpenedTracker> {
  switch (spec.kind) {
    case "model": {
      const { loadTracker } = await import("./model/load-tracker.ts");
      const { model, adapter, device, precision, redetect = false } = spec;
      const tracker = await loadTracker(model, {
        device,
        threads,
        redetect,
        precision,
        adapter,
      });
      return { takes: "frames", tracker: ownBoxes(tracker), dispose: () => tracker.dispose() };
    }
    case "nanotrack": {
      const { openNanoTrack } = await import("./nanotrack/nanotrack.ts");
      const { folder, version, device } = spec;
      const tracker = await openNanoTrack(folder, { version, device, threads });
      return { takes: "frames", tracker: ownBoxes(tracker), dispose: () => tracker.dispose() };
    }
    case "vittrack": {
      const { openVitTrack } = await import("./vittrack/vittrack.ts");
      const tracker = await openVitTrack(spec.path, { device: spec.device, threads });
      return { takes: "frames", tracker: ownBoxes(tracker), dispose: () => tracker.dispose() };
    }
    case "module": {
      const { openTrackerModule } = await import("./tracker-module.ts");
      return { takes: "frames", tracker: await openTrackerModule(spec.path), dispose: async () => {} };
    }
    case "command":
      return { takes: "paths", tracker: commandTracker(spec), dispose: async () => {} };
  }
}

function commandTracker({
  command,
  timeoutSeconds,
}: Extract<TrackerSpec, { kind: "command" }>): AnyTracker<string> {
  return {
    async start(path, box) {
      const { openTraxTracker } = await import("./vot/trax-client.ts");
      const timeoutMs = timeoutSeconds === undefined ? undefined : 1000 * timeoutSeconds;
      const session = await openTraxTracker(command, { timeoutMs });
      try {
        await session.start(path, box);
      } catch (error) {
        await session.quit();
        throw error;
      }
      return { track: (next) => session.track(next), dispose: () => session.quit() };
    },
  };
}
