import type { DataManifest } from "../data-manifest.ts";
import type { FrameStore } from "../frame-store.ts";
import type { Source } from "../pair.ts";

/** Placeholder until the renderer is in. */
export function composites(_store: FrameStore, _manifest: DataManifest): Source {
  return { name: "composites", size: 0, draw: async () => undefined };
}
