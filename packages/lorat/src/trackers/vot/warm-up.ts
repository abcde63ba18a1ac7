import type { Frame, Tracker } from "@lorat/core";

/** Runs a tracker once from start to box on a grey frame. */
export async function warmUp(tracker: Tracker): Promise<void> {
  const [width, height] = [160, 120];
  const grey: Frame = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(127) };
  const target = await tracker.start(grey, { x: 60, y: 40, width: 40, height: 40 });
  try {
    await target.track(grey);
  } finally {
    target.dispose();
  }
}
